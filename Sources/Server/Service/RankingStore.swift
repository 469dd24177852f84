internal import S3Vectors
internal import Synchronization
internal import Vectors

/// The whole answer of a query whose pages are fetched one by one.
struct Ranking: Sendable {
    let index: IndexName
    /// What the query was: the same on every page.
    let question: [UInt8]
    /// Without metadata.
    let hits: [RankedHit]
    /// How it came to be: what all of its pages say.
    let headers: [(name: String, value: String)]

    init(
        index: IndexName, request: QueryVectors, hits: [RankedHit], headers: [(name: String, value: String)] = []
    ) {
        self.headers = headers
        self.index = index
        question = Self.question(request)
        self.hits = hits
    }

    /// A hash of vector, texts, topK, filter and mode. What a page gives of its vectors may differ.
    static func question(_ request: QueryVectors) -> [UInt8] {
        var same = request
        same.index = IndexTarget()
        same.nextToken = nil
        same.returnMetadata = nil
        same.returnDistance = nil
        same.returnScores = nil
        return Digest.sha256(same.body)
    }

    var byteCount: Int {
        hits.reduce(200) { $0 + $1.key.text.utf8.count + 80 + ($1.scores.map { 48 + 32 * $0.texts.count } ?? 0) }
    }
}

/// Rankings that are being paged through: for some minutes, and no more than a share of memory; the oldest go first.
final class RankingStore: Sendable {
    static let lifetime = Duration.seconds(300)
    static let byteLimit = 64 << 20

    private struct Entry {
        let ranking: Ranking
        let name: String
        var lastUse: ContinuousClock.Instant
    }

    private struct State {
        /// The longest unused first.
        var entries: [Entry] = []
        var byteCount = 0
    }

    private let state = Mutex(State())

    /// Keeps a ranking; gives the name by which it is found, which nobody can guess.
    func keep(_ ranking: Ranking, now: ContinuousClock.Instant) -> String {
        let name = Digest.hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255) })
        state.withLock { state in
            state.entries.append(Entry(ranking: ranking, name: name, lastUse: now))
            state.byteCount += ranking.byteCount
            while let oldest = state.entries.first, state.entries.count > 1,
                state.byteCount > Self.byteLimit || now - oldest.lastUse > Self.lifetime
            {
                state.byteCount -= oldest.ranking.byteCount
                state.entries.removeFirst()
            }
        }
        return name
    }

    /// - Throws: ``ServiceError`` for a token that is none, or too old, or of another query.
    func find(
        _ token: String, _ request: QueryVectors, _ index: IndexName, now: ContinuousClock.Instant
    ) throws(ServiceError) -> (name: String, ranking: Ranking, offset: Int) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        let found: Entry? = state.withLock { state in
            guard parts.count == 2, let at = state.entries.firstIndex(where: { $0.name == parts[0] }) else {
                return nil
            }
            var entry = state.entries.remove(at: at)
            guard now - entry.lastUse <= Self.lifetime else {
                state.byteCount -= entry.ranking.byteCount
                return nil
            }
            entry.lastUse = now
            state.entries.append(entry)
            return entry
        }
        guard let found, let offset = Int(parts[1]), offset > 0, offset < found.ranking.hits.count,
            offset.isMultiple(of: Limits.queryPage), parts[1] == "\(offset)"
        else {
            throw Self.wrong("it is unknown or has expired; begin again without it")
        }
        guard found.ranking.index == index, found.ranking.question == Ranking.question(request) else {
            throw Self.wrong(
                "it belongs to another query; repeat queryVector, queryTexts, topK and filter as they were")
        }
        return (found.name, found.ranking, offset)
    }

    private static func wrong(_ why: String) -> ServiceError {
        .invalid("Invalid nextToken: \(why)", path: "nextToken")
    }
}
