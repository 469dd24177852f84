internal import Router
internal import Synchronization

/// What queries were lately like: those that count as use, over all opens. Once there are ``window``, each counts half,
/// so that the sums are of the last 10,000 to 20,000.
public struct ObservedTraffic: Sendable, Equatable, Codable {
    /// Queries after which all before count half.
    public static let window = 20_000.0

    /// Queries that were counted.
    public var queries = 0.0
    /// Of these, those that did without the cold store.
    public var localQueries = 0.0
    /// Hits of answers by where their vectors were: RAM, SSD, cold store, nowhere.
    public var ramHits = 0.0
    /// Hits that were on the SSD.
    public var warmHits = 0.0
    /// Hits that were fetched from the cold store.
    public var coldHits = 0.0
    /// Hits whose distances are estimates.
    public var otherHits = 0.0
    /// Keys that were fetched for answers.
    public var coldKeys = 0.0
    /// US dollars of the answers themselves.
    public var coldDollars = 0.0
    /// US dollars that the cold store would have taken for the same answers.
    public var aloneDollars = 0.0
    /// Nanoseconds of queries without and with the cold store.
    public var localTime = 0.0
    /// Nanoseconds of queries that asked the cold store.
    public var coldTime = 0.0

    /// Nothing seen yet.
    public init() {}

    /// All hits, wherever their vectors were.
    public var hits: Double { ramHits + warmHits + coldHits + otherHits }

    mutating func add(_ answer: Answer) {
        if queries >= Self.window { halve() }
        let use = answer.provenance, time = Double(use.time.total)
        queries += 1
        if use.cold.requestCount == 0 {
            localQueries += 1
            localTime += time
        } else {
            coldTime += time
        }
        for hit in answer.hits {
            switch hit.source {
            case .ram: ramHits += 1
            case .warm: warmHits += 1
            case .cold: coldHits += 1
            case .index: otherHits += 1
            }
        }
        coldKeys += Double(use.cold.keyCount)
        coldDollars += use.cold.dollars
        aloneDollars += use.cold.aloneDollars
    }

    private mutating func halve() {
        for field in [
            \ObservedTraffic.queries, \.localQueries, \.ramHits, \.warmHits, \.coldHits, \.otherHits, \.coldKeys,
            \.coldDollars, \.aloneDollars, \.localTime, \.coldTime,
        ] { self[keyPath: field] /= 2 }
    }
}

/// Counts queries as they are answered.
final class TrafficWatch: Sendable {
    private let traffic: Mutex<ObservedTraffic>

    init(_ traffic: ObservedTraffic) { self.traffic = Mutex(traffic) }

    var seen: ObservedTraffic { traffic.withLock { $0 } }

    func note(_ answer: Answer) { traffic.withLock { $0.add(answer) } }
}
