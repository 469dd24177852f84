internal import MemVec
internal import Synchronization
internal import Text
internal import Vectors

/// What is told of the collections, made anew at most every second however many look.
final class SnapshotBoard: Sendable {
    /// One collection as it is told to those who may see it.
    struct View: Sendable {
        let name: IndexName
        let object: JSONValue
    }

    private struct Heat {
        let made: ContinuousClock.Instant
        let counts: [Int]
    }

    private struct State {
        var views: [View] = []
        var made: ContinuousClock.Instant?
        var heat: [IndexName: Heat] = [:]
    }

    /// A pass over all rows' counters: not at every look.
    private static let heatAge = Duration.seconds(10)
    private static let viewAge = Duration.milliseconds(900)

    private let state = Mutex(State())

    /// All collections below the catalog's root; those that are not open have no numbers, as opening them would close
    /// others.
    func views(_ catalog: Catalog, _ tallies: TallyBook) -> [View] {
        let now = ContinuousClock.now
        let kept = state.withLock { state in
            state.made.map { now - $0 < Self.viewAge } ?? false ? state.views : nil
        }
        if let kept { return kept }
        let open = Dictionary(catalog.shelf.open.map { ($0.name, $0) }) { first, _ in first }
        var views: [View] = []
        for bucket in catalog.bucketNames() {
            for index in catalog.indexNames(in: bucket) {
                let name = IndexName(bucket: bucket, index: index)
                var object: JSONObject = ["bucket": bucket, "index": index]
                if let index = open[name], let told = try? describe(index, tallies) {
                    for member in told.members { object[member.name] = member.value }
                } else {
                    object["open"] = false
                }
                views.append(View(name: name, object: object.json))
            }
        }
        let made = views
        state.withLock { state in
            state.views = made
            state.made = now
            state.heat = state.heat.filter { open[$0.key] != nil }
        }
        return made
    }

    /// The numbers of one that is open.
    func describe(_ index: OpenIndex, _ tallies: TallyBook, wantsCurve: Bool = false) throws -> JSONObject {
        let collection = index.collection
        var statistics = try collection.statistics()
        if !wantsCurve { statistics.index?.curve = [] }
        return [
            "open": true,
            "texts": try collection.settings.embedder != nil || TextCollection.fullText(of: collection) != nil,
            "embedder": collection.settings.embedder, "statistics": statistics.object,
            "traffic": tallies.tally(of: index.name).object, "heat": try heat(of: index),
        ]
    }

    private func heat(of index: OpenIndex) throws -> [Int] {
        let now = ContinuousClock.now
        if let kept = state.withLock({ $0.heat[index.name] }), now - kept.made < Self.heatAge { return kept.counts }
        let counts = try index.collection.heatDistribution().rowCounts
        state.withLock { $0.heat[index.name] = Heat(made: now, counts: counts) }
        return counts
    }
}
