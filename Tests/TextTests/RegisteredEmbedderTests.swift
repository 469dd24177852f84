import Testing
import Text

@Test("an embedder that the program registers is made by its name, with what stands behind the colon")
func registeredEmbedder() async throws {
    Embedders.register("letters-of-a-test") { (argument: String) async throws(EmbedderError) in
        guard argument != "none" else { throw .failed(embedder: "letters", problem: "none") }
        return LetterEmbedder(name: "letters " + argument)
    }
    #expect(try await Embedders.make("letters-of-a-test").name == "letters ")
    #expect(try await Embedders.make("letters-of-a-test:large:1").name == "letters large:1")
    #expect(try await Embedders.make(remembered: "letters-of-a-test").dimension == 16)
    await #expect(throws: EmbedderError.failed(embedder: "letters", problem: "none")) {
        _ = try await Embedders.make("letters-of-a-test:none")
    }
    await #expect(throws: EmbedderError.unknown("nobody:x")) { _ = try await Embedders.make("nobody:x") }
}
