import MemVec
import Synchronization
import Testing

@testable import Text

@Suite("an embedder that is made late")
struct LateEmbedderTests {
    private let folder = TemporaryFolder()
    private let made = Counted()

    /// How often an embedder was made, and whether that fails now.
    private final class Counted: Sendable {
        let count = Atomic(0)
        let fails = Atomic(false)

        func late(name: String = "letters") -> LateEmbedder {
            LateEmbedder {
                self.count.add(1, ordering: .relaxed)
                if self.fails.load(ordering: .relaxed) { throw EmbedderError.failed(embedder: name, problem: "away") }
                return LetterEmbedder(name: name)
            }
        }
    }

    private func filled() async throws -> VectorCollection {
        let texts = try await textCollection(in: folder, LetterEmbedder())
        let items = ["red fox", "green frog"].map { SourceItem.document(SourceDocument($0, [$0])) }
        _ = try await texts.ingest(ListReader(items))
        return texts.vectors
    }

    @Test("is not made for words and documents, and once for all who ask for vectors")
    func once() async throws {
        let texts = TextCollection(try await filled(), embedder: made.late())
        #expect(try await texts.search("foxes", mode: .text).passages.map(\.document) == ["red fox"])
        #expect(try await texts.documents().documents.count == 2)
        #expect(try await texts.document("green frog").chunks.map(\.text) == ["green frog"])
        #expect(try await texts.delete(DocumentID("green frog")).chunkCount == 1)
        #expect(made.count.load(ordering: .relaxed) == 0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for mode in [SearchMode.vector, .hybrid, .vector] {
                group.addTask { try await texts.search("foxes", mode: mode).passages.count }
            }
            for try await count in group { #expect(count == 1) }
        }
        #expect(made.count.load(ordering: .relaxed) == 1)
        try await texts.vectors.close()
    }

    @Test("that cannot be made is tried again, and one of another name is refused")
    func failures() async throws {
        let vectors = try await filled()
        let texts = TextCollection(vectors, embedder: made.late())
        made.fails.store(true, ordering: .relaxed)
        for _ in 0..<2 { await #expect(throws: EmbedderError.self) { _ = try await texts.search("red") } }
        #expect(try await texts.search("red", mode: .text).passages.count == 1)
        made.fails.store(false, ordering: .relaxed)
        #expect(try await texts.search("red").passages.count == 2)
        #expect(made.count.load(ordering: .relaxed) == 3)
        let other = TextCollection(vectors, embedder: made.late(name: "others"))
        await #expect(throws: TextError.self) { _ = try await other.search("red") }
        #expect(try await other.search("red", mode: .text).passages.count == 1)
        try await vectors.close()
    }
}
