import Router
import Workload

/// Where queries come from.
enum Traffic: String, CaseIterable {
    /// Around 10,000 vectors, by Zipf's law.
    case zipf = "Zipf"
    /// Around 1,000 vectors, by Zipf's law.
    case narrow = "narrow Zipf"
    /// Zipf's law over other vectors after each fifth of the queries.
    case drift
    /// Around any vector, each as likely: what no cache helps.
    case uniform

    func queries(_ size: Size, _ vectors: SeededVectors) -> [QueryStream] {
        var drawn = QueryStream.Settings(count: size.queryCount)
        drawn.sigma = 6
        drawn.pool = size.centreCount
        switch self {
        case .zipf: break
        case .narrow: drawn.pool = size.centreCount / 10
        case .uniform:
            drawn.pool = nil
            drawn.exponent = 0
        case .drift:
            drawn.count = size.queryCount / 5
            return (0..<5).map { part in
                drawn.seed = UInt64(part)
                drawn.shift = part * size.centreCount / 5
                return QueryStream(around: vectors.flat, dimension: vectors.rankUsed, drawn)
            }
        }
        return [QueryStream(around: vectors.flat, dimension: vectors.rankUsed, drawn)]
    }
}

/// How large the test is.
struct Size {
    var vectorCount = 1_000_000
    var dimension = 128
    var clusterCount = 2_000
    var queryCount = 100_000
    /// Of the ways that always cost as much: they need not be asked all.
    var dearQueryCount = 5_000
    /// Vectors that queries gather around.
    var centreCount = 10_000

    static let quick = Size(
        vectorCount: 5_000, dimension: 32, clusterCount: 50, queryCount: 1_000, dearQueryCount: 100, centreCount: 500)
    var valueBytes: Int { 4 * dimension * vectorCount }
    /// A fifth of the vectors; less than some blocks would hold nothing.
    var warmBytes: Int { max(valueBytes / 5, 512 << 10) }
}

/// How a collection is set up and asked.
struct Setting: Sendable {
    let name: String
    var traffic = Traffic.zipf
    var path = ColdPath.auto
    var isMirror = false
    var policy = PolicyName.off
    /// Queries of the traffic that are asked, from the first.
    let queryCount: Int

    static func all(_ size: Size) -> [Setting] {
        let dear = size.dearQueryCount, all = size.queryCount
        return [
            Setting(name: "get", path: .get, queryCount: dear), Setting(name: "query", path: .query, queryCount: dear),
            Setting(name: "auto, all candidates", queryCount: all),
        ]
            + Traffic.allCases.map { Setting(name: "auto", traffic: $0, policy: .calibrated, queryCount: all) } + [
                Setting(name: "mirror", isMirror: true, queryCount: all)
            ]
    }

    /// Whether more than S3 Vectors alone and the seed credit must not be spent.
    var isBounded: Bool { path == .auto }
}
