import MemVec
import Router
import Vectors

/// How much the vector ranking is to count beside the text ranking: picked on every other query, and told for the rest.
enum HybridWeights {
    private static let depth = 100
    private static let weights = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 3, 4]
    /// Points that both rankings together may lose to the better of the two.
    private static let allowance = 1.0

    private struct Rankings {
        let text: [VectorKey]
        let vector: [VectorKey]
        let target: String

        func isFound(among keys: some Sequence<VectorKey>) -> Bool { keys.prefix(10).contains { $0.text == target } }

        func isFound(weight: Double) -> Bool {
            let sums = RankFusion.fuse([.init(text), .init(vector, weight: weight)])
            let sorted = sums.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.text < $1.key.text }
            return isFound(among: sorted.map(\.key))
        }
    }

    static func measure(_ collection: VectorCollection, _ queries: [DescribedPackage]) async throws {
        var rankings: [Rankings] = []
        for query in queries {
            let text = try await collection.searchText(field: "text", text: query.text, k: depth)
            let near = try await collection.query(query.vector, k: depth)
            rankings.append(Rankings(text: text.map(\.key), vector: near.hits.map(\.key), target: query.target))
        }
        let halves = [0, 1].map { half in rankings.indices.filter { $0 % 2 == half }.map { rankings[$0] } }
        func share(_ half: Int, _ isFound: (Rankings) -> Bool) -> Double {
            100 * Double(halves[half].count(where: isFound)) / Double(halves[half].count)
        }
        var best = (weight: 1.0, share: 0.0)
        for weight in weights {
            let (picking, telling) = (share(0) { $0.isFound(weight: weight) }, share(1) { $0.isFound(weight: weight) })
            print("vector weight \(weight): \(picking) % of the queries it is picked on, \(telling) % of the others")
            if picking > best.share { best = (weight, picking) }
        }
        let text = share(1) { $0.isFound(among: $0.text) }, vector = share(1) { $0.isFound(among: $0.vector) }
        for (name, weight) in [("picked", best.weight), ("default", HybridOptions().vectorWeight)] {
            let hybrid = share(1) { $0.isFound(weight: weight) }
            let bar = max(text, vector) - allowance
            Report.line(
                "hybrid at the \(name) weight \(weight), of \(halves[1].count) other queries (text \(text), vector \(vector))",
                hybrid, "%", bar: ">= \(bar)", isKept: hybrid >= bar)
        }
    }
}
