public import Router
internal import Storage
public import Vectors

/// How a vector search and full-text searches are joined.
public struct HybridOptions: Sendable {
    /// Of the vector search; its filter holds for all.
    public var query = QueryOptions()
    /// How much the vector ranking counts beside those of the texts.
    public var vectorWeight = 1.0
    /// How many ranks of each search count; nil takes 10 k, at least 100. At most 10,000.
    public var depth: Int?

    /// The collection's own settings; both kinds of rankings count alike.
    public init() {}
}

/// A vector that a hybrid search found.
public struct HybridHit: Sendable, Equatable {
    /// Nil for a key that only the cold store knows.
    public let row: Row?
    /// The key that was found.
    public let key: VectorKey
    /// The sum of weight / (60 + rank) over the rankings that have it (``RankFusion``).
    public let score: Double
    /// BM25 for each field in whose ranking it is.
    public let fieldScores: [FieldScore]
    /// Nil unless it is in the vector ranking.
    public let distance: Float?
    /// Where its vector was; nil as above.
    public let source: Hit.Source?
    /// Nil unless it was asked for.
    public var metadata: Metadata?
}

/// What a hybrid search found, best first, and how its vector search went.
public struct HybridAnswer: Sendable {
    /// Best first.
    public let hits: [HybridHit]
    /// Where the vectors of its vector search came from, and what that cost.
    public let provenance: Provenance
}

extension VectorCollection {
    /// The `k` vectors that are best in the ranking by distance and in those by text together (reciprocal rank fusion),
    /// best first, ties by smaller row.
    ///
    /// Rankings are worked out one after the other. A vector that was overwritten or deleted meanwhile is left out, and
    /// the next one takes its place.
    /// - Parameters:
    ///   - vector: as of ``query(_:k:options:)->Answer``.
    ///   - texts: at least one, each field once.
    ///   - k: 1...10,000.
    ///   - options: how the rankings are joined, and the filter.
    /// - Throws: ``MemVecError/noTextField(_:)``, ``MemVecError/textFieldBuilding(_:)``, ``InputError``.
    public func searchHybrid(
        _ vector: [Float], texts: [TextQuery], k: Int = 10, options: HybridOptions = HybridOptions()
    ) async throws -> HybridAnswer {
        try Self.check(texts, k: k)
        let depth = options.depth ?? min(max(10 * k, 100), 10_000)
        guard (1...10_000).contains(depth) else {
            throw InputError.outOfRange(name: "depth", value: "\(depth)", allowed: "1 to 10,000")
        }
        var asked = options.query
        asked.wantsVectors = false
        var fusion = Fusion()
        for text in texts {
            let hits = try await searchText([text], k: depth, filter: asked.filter)
            fusion.add(hits, weight: text.weight)
        }
        let answer = try await query(vector, k: depth, options: asked)
        fusion.add(answer.hits, weight: options.vectorWeight)
        let hits = try finish(fusion, k: k, options.query)
        return HybridAnswer(hits: hits, provenance: answer.provenance)
    }

    /// Rankings of keys, and what they say of each.
    private struct Fusion {
        struct Facts {
            var row: Row?
            var fieldScores: [FieldScore] = []
            var distance: Float?
            var source: Hit.Source?
            /// Of a key that only the cold store knows.
            var metadata: Metadata?
        }
        private var rankings: [RankFusion.Ranking<VectorKey>] = []
        private var facts: [VectorKey: Facts] = [:]

        mutating func add(_ hits: [TextHit], weight: Double) {
            rankings.append(.init(hits.map(\.key), weight: weight))
            for hit in hits {
                facts[hit.key, default: Facts()].row = hit.row
                facts[hit.key, default: Facts()].fieldScores += hit.fieldScores
            }
        }

        mutating func add(_ hits: [Hit], weight: Double) {
            rankings.append(.init(hits.map(\.key), weight: weight))
            for hit in hits {
                if let row = hit.row {
                    facts[hit.key, default: Facts()].row = row
                } else {
                    facts[hit.key, default: Facts()].metadata = hit.metadata
                }
                facts[hit.key, default: Facts()].distance = hit.distance
                facts[hit.key, default: Facts()].source = hit.source
            }
        }

        var sorted: [(key: VectorKey, score: Double, facts: Facts)] {
            RankFusion.fuse(rankings).map { ($0, $1, facts[$0] ?? Facts()) }.sorted { a, b in
                if a.1 != b.1 { return a.1 > b.1 }
                let (x, y) = (a.2.row?.number ?? .max, b.2.row?.number ?? .max)
                return x != y ? x < y : a.0.text < b.0.text
            }
        }
    }

    /// The first `k` that are still what they were ranked as.
    private func finish(_ fusion: Fusion, k: Int, _ options: QueryOptions) throws -> [HybridHit] {
        try engine().store.read { reader in
            var hits: [HybridHit] = []
            for (key, score, facts) in fusion.sorted where hits.count < k {
                var metadata = facts.metadata
                if let row = facts.row {
                    guard try reader.row(of: key) == row, let record = try reader.record(of: row) else { continue }
                    if options.filter != nil || options.wantsMetadata {
                        metadata = try Metadata(encoded: record.encodedMetadata)
                    }
                    if let filter = options.filter, let metadata, !filter.matches(metadata) { continue }
                }
                hits.append(
                    HybridHit(
                        row: facts.row, key: key, score: score, fieldScores: facts.fieldScores,
                        distance: facts.distance, source: facts.source,
                        metadata: options.wantsMetadata ? metadata ?? Metadata() : nil))
            }
            return hits
        }
    }
}
