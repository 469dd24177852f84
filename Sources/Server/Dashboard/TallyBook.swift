internal import MemVec
internal import Synchronization
internal import Vectors

/// What queries of one index did since the server began.
struct IndexTally: Sendable, Equatable {
    var queryCount = 0
    /// Of these, those that left the remote alone.
    var localCount = 0
    /// Vectors of answers by where they were scored; `other` kept their estimates.
    var ram = 0
    var warm = 0
    var cold = 0
    var other = 0
    var coldRequests = 0
    var coldKeys = 0
    var dollars = 0.0
    var aloneDollars = 0.0

    mutating func add(_ provenance: Provenance) {
        queryCount += 1
        if provenance.cold.requestCount == 0 { localCount += 1 }
        coldRequests += provenance.cold.requestCount
        coldKeys += provenance.cold.keyCount
        dollars += provenance.cold.dollars
        aloneDollars += provenance.cold.aloneDollars
    }

    mutating func add(_ sources: [Hit.Source]) {
        for source in sources {
            switch source {
            case .ram: ram += 1
            case .warm: warm += 1
            case .cold: cold += 1
            case .index: other += 1
            }
        }
    }

    var object: JSONObject {
        [
            "queries": queryCount, "localQueries": localCount, "ram": ram, "warm": warm, "cold": cold, "other": other,
            "coldRequests": coldRequests, "coldKeys": coldKeys, "dollars": dollars, "aloneDollars": aloneDollars,
        ]
    }
}

/// Tallies by index, and what they were in the last hour.
final class TallyBook: Sendable {
    struct Sample: Sendable {
        /// Seconds since 1970.
        let time: Double
        let tally: IndexTally
    }

    private struct Page {
        var tally = IndexTally()
        var samples: [Sample] = []
    }

    static let sampleInterval = Duration.seconds(10)
    static let sampleLimit = 360

    private let pages = Mutex<[IndexName: Page]>([:])

    func note(_ name: IndexName, _ body: (inout IndexTally) -> Void) {
        pages.withLock { body(&$0[name, default: Page()].tally) }
    }

    func tally(of name: IndexName) -> IndexTally { pages.withLock { $0[name]?.tally } ?? IndexTally() }

    /// Oldest first.
    func samples(of name: IndexName) -> [Sample] { pages.withLock { $0[name]?.samples } ?? [] }

    func forget(_ name: IndexName) { pages.withLock { $0[name] = nil } }

    /// Writes down what all tallies are at `time`.
    func sample(at time: Double) {
        pages.withLock { pages in
            for name in pages.keys {
                guard var page = pages[name] else { continue }
                pages[name] = nil
                page.samples.append(Sample(time: time, tally: page.tally))
                if page.samples.count > Self.sampleLimit { page.samples.removeFirst() }
                pages[name] = page
            }
        }
    }
}
