import Foundation
import Testing

@testable import Text

/// The real tables that `tools/models all` makes: with `MEMVEC_FULL=1` they must be there, else those that are there
/// are looked at.
@Suite("static tables of real models")
struct StaticModelTests {
    private struct Check: Decodable {
        let text: Int
        let tokens: Int
        let ids: [Int32]
        let first8: [Float]
    }
    private struct Model: Decodable {
        let checks: [Check]
        let cosines: [[Double]]
    }
    private struct Texts: Decodable { let texts: [String] }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ name: String, _ member: String?) throws -> Value
    {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let data = try Data(contentsOf: folder.appending(path: name))
        guard let member else { return try JSONDecoder().decode(type, from: data) }
        let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: try #require(all[member])))
    }

    private static func isToBeThere(_ name: String) -> Bool {
        ProcessInfo.processInfo.environment["MEMVEC_FULL"] == "1"
            || FileManager.default.fileExists(atPath: ModelFolder.path(of: name) + "/manifest.json")
    }

    /// The tolerance of a table that is computed on each machine is wider.
    @Test(
        "give the tokens and vectors that others give",
        arguments: [("wordllama-256", Float(1e-5)), ("static-minilm-256", 1e-2)].filter { isToBeThere($0.0) })
    func known(_ name: String, _ tolerance: Float) async throws {
        let known = try Self.decoded(Model.self, "static.json", name)
        let texts = try Self.decoded(Texts.self, "minilm.json", nil).texts
        let folder = ModelFolder.path(of: name)
        let tokenizer = try TokenizerFile.read(folder: folder)
        let embedder = try await Embedders.make("static:" + folder)
        let vectors = try await embedder.embed(texts, as: .passage)
        #expect(embedder.dimension == 256 && known.checks.count == texts.count)
        var compared: Set<Int> = []
        for check in known.checks {
            let ids = tokenizer.ids(texts[check.text])
            #expect(Array(ids.prefix(40)) == check.ids && ids.count == check.tokens, "text \(check.text)")
            // The fixture counts tokens that are not known; a text without tokens has no direction of its own.
            let isWhole = tokenizer.meaninglessID.map { !ids.contains($0) } ?? true
            guard isWhole, !ids.isEmpty else { continue }
            compared.insert(check.text)
            for (mine, other) in zip(vectors[check.text], check.first8) {
                #expect(abs(mine - other) < tolerance, "text \(check.text)")
            }
        }
        #expect(compared.count >= 15)
        for pair in known.cosines where compared.isSuperset(of: [Int(pair[0]), Int(pair[1])]) {
            let (a, b) = (vectors[Int(pair[0])], vectors[Int(pair[1])])
            let cosine = zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(cosine - pair[2]) < Double(max(tolerance, 1e-4)), "texts \(pair[0]) and \(pair[1])")
        }
    }
}
