import MemVec
import Router
import Storage
import Vectors

/// Descriptions searched by vector in front of another collection, with a fifth of the vectors near: how often the
/// package that is meant is among the first ten, beside an exact scan.
enum TieredText {
    private static let warmShare = 0.2
    /// What answers aim at, and the points that they may lose by it. Of the default's aim that is its own 2 % of what a
    /// scan finds: around half a point was measured.
    private static let aims = [(recall: 0.98, points: 1.6), (recall: 0.99, points: 0.5)]

    /// - Parameter far: a local collection, which nobody has open.
    static func measure(in folder: String, far: String, _ queries: [DescribedPackage]) async throws {
        let source = try await VectorCollection.open(at: far)
        let exact = try await found(queries, in: source) { $0.isExact = true }
        let (dimension, count) = (source.dimension, try await source.count())
        try await source.close()
        let percent = { (count: Int) in 100 * Double(count) / Double(queries.count) }
        for aim in aims {
            let tiered = try await found(queries, in: folder, far, dimension: dimension, count: count, aim.recall)
            let bar = percent(exact) - aim.points
            Report.line(
                "by vector through the tiers at recall \(aim.recall) (an exact scan: \(percent(exact)))", percent(tiered),
                "%", bar: ">= \((10 * bar).rounded() / 10)", isKept: percent(tiered) >= bar)
        }
    }

    /// How many are found in front of `far`, with a fifth of its vectors near.
    private static func found(
        _ queries: [DescribedPackage], in folder: String, _ far: String, dimension: Int, count: Int, _ recall: Double
    ) async throws -> Int {
        try Files.remove(folder)
        var settings = try CollectionSettings()
        settings.recall = recall
        try settings.set("ram-budget", to: "1MiB")
        try settings.set("warm-budget", to: "\(Int(warmShare * Double(4 * dimension * count)))B")
        let near = try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: dimension, nonFilterableKeys: ["text"], cold: "local:" + far, settings: settings))
        _ = try await near.attach()
        var cold = 0, all = 0
        let tiered = try await found(queries, in: near) { _ in
        } note: { answer in
            cold += answer.provenance.coldCount
            all += answer.provenance.candidateCount
        }
        try await near.close()
        try Files.remove(folder)
        print("\(cold) of \(all) candidates came from the collection behind")
        return tiered
    }

    private static func found(
        _ queries: [DescribedPackage], in collection: VectorCollection, _ change: (inout QueryOptions) -> Void,
        note: (Answer) -> Void = { _ in }
    ) async throws -> Int {
        var options = QueryOptions(), count = 0
        change(&options)
        for query in queries {
            let answer = try await collection.query(query.vector, k: 10, options: options)
            if answer.hits.contains(where: { $0.key.text == query.target }) { count += 1 }
            note(answer)
        }
        return count
    }
}
