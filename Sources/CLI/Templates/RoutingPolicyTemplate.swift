extension PackageTemplate {
    /// The likeliest few.
    static let routingPolicy = PackageTemplate(
        products: ["MemVec", "MemVecParts"],
        source: """
            import Router
            import Vectors

            /// An example of a short-circuit policy: of the vectors that are not at hand the likeliest few are fetched,
            /// the rest is left out. Put your own in its place.
            public struct <#Name#>: ShortCircuitPolicy {
                /// Call this before a collection is opened that remembers it: `<#name#>` fetches 10, `<#name#>:25` 25.
                public static func register() {
                    ShortCircuitPolicies.register("<#name#>") { argument, _ in
                        guard let limit = argument.isEmpty ? 10 : Int(argument), limit >= 0 else { return nil }
                        return <#Name#>(limit: limit)
                    }
                }

                let limit: Int

                public var name: String { "<#name#>:\\(limit)" }

                /// Once a query, on its path: it must not block.
                public func decide(_ situation: Situation) -> Decision {
                    Decision(fetch: Array(situation.missing.indices.prefix(limit)))
                }
            }
            """,
        test: """
            import Foundation
            import MemVec
            import Router
            import Testing
            import Vectors
            import <#Name#>

            @Test("a collection in front of another fetches the likeliest three of what is not at hand")
            func collection() async throws {
                <#Name#>.register()
                #expect(throws: InputError.self) { try PolicyName("<#name#>:few").policy(for: .cosine) }
                let folder = FileManager.default.temporaryDirectory.path + "/<#name#>-\\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let far = try await VectorCollection.create(
                    at: folder + "/far", CollectionConfiguration(dimension: 8, metric: .euclidean))
                try await far.close()
                var settings = try CollectionSettings()
                try settings.set("policy", to: "<#name#>:3")
                try settings.set("cold-path", to: "get")
                var near = try await VectorCollection.create(
                    at: folder + "/near",
                    CollectionConfiguration(
                        dimension: 8, metric: .euclidean, cold: "local:" + folder + "/far", settings: settings))
                func vector(_ number: Int) -> [Float] { (0..<8).map { Float(sin(Double((number + 1) * ($0 + 1)))) } }
                try await near.put((0..<2000).map { try VectorRecord(key: "k\\($0)", values: vector($0)) })
                try await near.train()
                try await near.close()
                // Vectors that were put are at hand; what holds them may go at any time.
                for cache in ["/near/g1/warm", "/near/g1/heat"] {
                    try FileManager.default.removeItem(atPath: folder + cache)
                }
                near = try await VectorCollection.open(at: folder + "/near")
                let answer = try await near.query(vector(7), k: 1)
                #expect(answer.provenance.reason == .shortCircuit && answer.provenance.cold.keyCount == 3)
                #expect(answer.hits.first?.key.text == "k7")
                try await near.close()
            }
            """)
}
