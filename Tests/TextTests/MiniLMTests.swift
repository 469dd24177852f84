import Foundation
import Testing
import Vectors

@testable import Text

/// What other readers of the same files gave for 18 texts: their token ids, the first values of their vectors, and
/// cosines.
private struct Known {
    struct Check: Decodable {
        let text: Int
        let tokens: Int
        let ids: [Int32]
        let first8: [Float]
    }
    struct Model: Decodable {
        let checks: [Check]
        let cosines: [[Double]]
    }
    struct File: Decodable {
        let texts: [String]
        let minilm: Model
    }

    static let file: File = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/minilm.json")
        do { return try JSONDecoder().decode(File.self, from: Data(contentsOf: path)) } catch {
            preconditionFailure("\(error)")
        }
    }()
}

@Suite("minilm")
struct MiniLMTests {
    @Test("cuts texts into the tokens that others cut them into")
    func tokens() throws {
        let model = try MiniLM()
        for check in Known.file.minilm.checks {
            let ids = model.tokens(Known.file.texts[check.text])
            #expect(Array(ids.prefix(40)) == check.ids, "text \(check.text)")
            #expect(ids.count == check.tokens, "text \(check.text)")
        }
    }

    @Test("gives the vectors that others give, alone and in company")
    func vectors() async throws {
        let model = try MiniLM(), texts = Known.file.texts
        let together = try await model.embed(texts, as: .passage)
        for check in Known.file.minilm.checks {
            let vector = together[check.text]
            #expect(vector.count == 384)
            let norm = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - 1) < 1e-5)
            for (mine, other) in zip(vector, check.first8) { #expect(abs(mine - other) < 1e-5, "text \(check.text)") }
            let alone = try await model.embed([texts[check.text]], as: .query)[0]
            let cosine = Self.cosine(alone, vector)
            #expect(cosine > 0.999_999, "text \(check.text)")
        }
        for known in Known.file.minilm.cosines {
            let cosine = Self.cosine(together[Int(known[0])], together[Int(known[1])])
            #expect(abs(cosine - known[2]) < 1e-4, "texts \(known[0]) and \(known[1])")
        }
    }

    private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    @Test("says what to run when the model is not there, and what is wrong with one that is broken")
    func broken() throws {
        let folder = TemporaryFolder()
        let absent = #expect(throws: EmbedderError.self) { _ = try MiniLM(folder: folder.path) }
        #expect("\(absent, default: "")".contains("tools/models"))
        let real = ModelFolder.path(of: MiniLM.folder)
        try FileManager.default.copyItem(atPath: real + "/vocab.txt", toPath: folder.path + "/vocab.txt")
        let head = try #require(FileManager.default.contents(atPath: real + "/model.safetensors")).prefix(20_000)
        var generator = SystemRandomNumberGenerator()
        let path = folder.path + "/model.safetensors"
        for cut in [0, 4, 8, 100, 11_000] {
            try head.prefix(cut).write(to: URL(filePath: path))
            #expect(throws: EmbedderError.self) { _ = try SafeTensors(path: path, advice: "") }
        }
        try head.write(to: URL(filePath: path))
        #expect(throws: EmbedderError.self) { _ = try MiniLM(folder: folder.path) }
        // Any header at all, in front of no values.
        for _ in 0..<200 {
            var garbled = head
            for _ in 0..<8 { garbled[garbled.indices.randomElement(using: &generator)!] = .random(in: 0...255) }
            try garbled.write(to: URL(filePath: path))
            #expect(throws: EmbedderError.self) { _ = try SafeTensors(path: path, advice: "") }
        }
    }
}
