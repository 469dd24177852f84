import MemVec
import Router
import Workload

/// What one setting came to.
struct Outcome: Sendable, Codable {
    var setting: String
    var traffic = ""
    /// Whether it is held to what S3 Vectors alone would have taken.
    var isBounded = false
    var isMirror = false
    var vectorCount: Int
    var dimension: Int
    var queryCount = 0
    /// Queries that asked S3 for nothing.
    var localQueryCount = 0
    var aloneDollars = 0.0
    /// Of the queries themselves, and of the fills that follow from them.
    var queryDollars = 0.0
    var fillDollars = 0.0
    var attachDollars = 0.0
    /// Of one sync; nil where none was run.
    var syncDollars: Double?
    /// Hits of all answers by where they came from: RAM, the warm file, S3.
    var ramHitCount = 0
    var warmHitCount = 0
    var coldHitCount = 0
    /// Queries after which what was saved had passed what the attach cost; nil if they did not.
    var attachPaidAfter: Int?
    /// US dollars that a query saved on average in the second half.
    var savedPerQuery = 0.0
    /// By how much the spending stayed below its limit at the closest query; the store's own account.
    var closestDollars = Double.infinity
    /// Queries after which a spending was over its limit.
    var violationCount = 0
    /// By how much the engine's and the store's account of the spending differ at the end.
    var accountGap = 0.0
    var millisecondsPerQuery = 0.0
    var index = ""

    var onlineDollars: Double { queryDollars + fillDollars }
    var share: Double { aloneDollars > 0 ? onlineDollars / aloneDollars : 0 }
    /// Queries that pay for the attach, as they were counted or at the late saving.
    var attachQueries: Int? { attachPaidAfter ?? Self.queries(attachDollars, savedPerQuery) }
    var syncQueries: Int? { syncDollars.flatMap { Self.queries($0, savedPerQuery) } }

    /// Nil where it would take ten million queries: that is noise.
    private static func queries(_ dollars: Double, _ saved: Double) -> Int? {
        dollars < 1e7 * saved ? Int((dollars / saved).rounded(.up)) : nil
    }
}

/// Asks a collection the traffic, one query after the other, and checks after each what was spent.
///
/// What a query leaves to be done is waited for before the next: next to the latency of S3 it is done at once.
struct Replay {
    static let k = 10
    /// US dollars by which sums of 100,000 floating point numbers may differ.
    private static let tolerance = 1e-9

    let vectors: SeededVectors
    let store: SeededStore
    let queries: [QueryStream]

    func run(_ setting: Setting, _ collection: VectorCollection, _ outcome: inout Outcome) async throws {
        let before = try await collection.settledSpending()
        store.forget()
        let alone = store.queryPrice(count: Self.k), half = setting.queryCount / 2
        var spentAtHalf = 0.0, options = QueryOptions()
        options.coldPath = setting.path
        options.policy = setting.policy
        let clock = ContinuousClock(), began = clock.now
        for number in 0..<setting.queryCount {
            let answer = try await collection.query(query(number), k: Self.k, options: options)
            outcome.note(answer)
            let sums = try await collection.settledSpending()
            outcome.check(
                spent: store.onlineDollars, alone: alone * Double(number + 1),
                engine: sums.onlineDollars - before.onlineDollars, engineAlone: sums.aloneDollars - before.aloneDollars,
                tolerance: Self.tolerance)
            if number == half { spentAtHalf = store.onlineDollars }
        }
        let took = (clock.now - began) / .milliseconds(1)
        let sums = try await collection.settledSpending(), asked = max(1, setting.queryCount)
        outcome.queryCount = sums.queryCount - before.queryCount
        outcome.localQueryCount = sums.localQueryCount - before.localQueryCount
        outcome.aloneDollars = alone * Double(setting.queryCount)
        outcome.fillDollars = store.onlineDollars - outcome.queryDollars
        outcome.savedPerQuery =
            alone - (store.onlineDollars - spentAtHalf) / Double(max(1, setting.queryCount - half - 1))
        outcome.accountGap = abs(sums.onlineDollars - before.onlineDollars - store.onlineDollars)
        outcome.millisecondsPerQuery = took / Double(asked)
    }

    private func query(_ number: Int) -> [Float] {
        let count = queries[0].count
        return vectors.vector(SeededVectors.packed(queries[number / count].vector(number % count)[...]))
    }
}

extension Outcome {
    /// Fills and audits may be ahead of what they save by the seed credit, and no more.
    private static func limit(_ alone: Double) -> Double { alone + Spending.seedCredit }

    fileprivate mutating func note(_ answer: Answer) {
        queryDollars += answer.provenance.cold.dollars
        for hit in answer.hits {
            switch hit.source {
            case .ram: ramHitCount += 1
            case .warm: warmHitCount += 1
            case .cold, .index: coldHitCount += 1
            }
        }
    }

    /// Both accounts must be within the limit: the store's, and the engine's, which may count high.
    fileprivate mutating func check(
        spent: Double, alone: Double, engine: Double, engineAlone: Double, tolerance: Double
    ) {
        let left = Self.limit(alone) - spent
        closestDollars = min(closestDollars, left)
        let isWithin = left > -tolerance && Self.limit(engineAlone) - engine > -tolerance
        if !isWithin { violationCount += 1 }
        let asked = queryCount + 1
        queryCount = asked
        if attachPaidAfter == nil, alone - spent >= attachDollars { attachPaidAfter = asked }
    }
}
