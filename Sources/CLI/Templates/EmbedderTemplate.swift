extension PackageTemplate {
    /// An embedder of letters three by three.
    static let embedder = PackageTemplate(
        products: ["MemVec", "MemVecText"],
        source: """
            import MemVec
            import Text

            /// An example of an embedder: it counts what three letters stand side by side, so that spellings that are
            /// alike are near. Put your model in its place.
            ///
            /// It serves many tasks at once, and one text always gives one vector.
            public struct <#Name#>: Embedder {
                /// Call this before a collection is opened that remembers it.
                public static func register() {
                    Embedders.register("<#name#>") { (argument: String) async throws(EmbedderError) in
                        guard argument.isEmpty else {
                            throw .failed(embedder: "<#name#>", problem: "it takes nothing behind a colon")
                        }
                        return <#Name#>()
                    }
                }

                /// Collections remember it: give it another when the vectors of the same texts become others.
                public let name = "<#name#>-1"
                public let dimension = 256
                /// In tokens, whatever these are here: words.
                public let longestInput = 512
                public let batchSize = 64

                public init() {}

                public func tokenCount(_ text: String) -> Int { text.split { $0.isWhitespace }.count }

                public func embed(
                    _ texts: [String], as form: TextForm
                ) async throws(EmbedderError) -> [[Float]] {
                    texts.map(vector)
                }

                private func vector(_ text: String) -> [Float] {
                    // Never all zero: cosine needs a direction.
                    var values = [Float](repeating: 1e-3, count: dimension)
                    let letters = [0x20] + Array(text.lowercased().utf8) + [0x20]
                    for at in letters.indices.dropLast(2) {
                        var hash: UInt32 = 0x811C_9DC5
                        for letter in letters[at...(at + 2)] { hash = (hash ^ UInt32(letter)) &* 0x0100_0193 }
                        values[Int(hash % UInt32(dimension))] += 1
                    }
                    return values
                }
            }
            """,
        test: """
            import Foundation
            import MemVec
            import Testing
            import Text
            import <#Name#>

            @Test("passages are found that are spelt like the question")
            func search() async throws {
                <#Name#>.register()
                let embedder = try await Embedders.make("<#name#>")
                let folder = FileManager.default.temporaryDirectory.path + "/<#name#>-\\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let notes = folder + "/notes"
                try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: true)
                for (name, text) in ["pins": "Pinned vectors stay in memory.", "sync": "A sync compares."] {
                    try Data("# \\(name)\\n\\n\\(text)\\n".utf8).write(to: URL(filePath: "\\(notes)/\\(name).md"))
                }
                let vectors = try await VectorCollection.create(
                    at: folder + "/collection", TextCollection.configuration(for: embedder, maker: "<#name#>"))
                let texts = try TextCollection(vectors, embedder: embedder)
                let report = try await texts.ingest(try DocumentReaders.open(notes))
                #expect(report.storedCount == 2)
                let answer = try await texts.search("pinning a vector", k: 1)
                #expect(answer.passages.first?.document.hasSuffix("pins.md") == true)
                try await vectors.close()
            }

            @Test("one text gives one vector, whatever stands beside it")
            func steady() async throws {
                let embedder = <#Name#>()
                let texts = ["one", "two", "", "three"]
                let together = try await embedder.embed(texts, as: .passage)
                for (text, vector) in zip(texts, together) {
                    #expect(vector.count == embedder.dimension && vector.allSatisfy(\\.isFinite))
                    #expect(try await embedder.embed([text], as: .passage) == [vector])
                }
            }
            """)
}
