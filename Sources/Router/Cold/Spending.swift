internal import Synchronization

/// What queries cost at the cold store, beside what they would have cost if the store had answered all of them.
///
/// Online spending is what queries and the fills that follow from them cost. Fills stop when it would pass what the
/// store alone had cost by more than a credit. That holds it below for ``ColdPath/auto`` only: `get`, `query` for what
/// is half at hand, exact scans and answers with vectors cost what was asked for, and attempts that fail come on top.
public final class Spending: Sendable {
    public struct Sums: Sendable, Equatable, Codable {
        public var queryCount = 0
        /// Queries that asked the cold store for nothing.
        public var localQueryCount = 0
        /// US dollars, if the cold store had answered every query.
        public var aloneDollars = 0.0
        /// US dollars of queries and fills, and of attempts that failed.
        public var onlineDollars = 0.0
        /// US dollars of attach, sync and training, and of reading again what others have changed.
        public var bulkDollars = 0.0

        public init() {}

        /// How many queries more, at the mean saving so far, until attach and sync have paid for themselves; 0 when
        /// they have, nil while nothing is saved.
        public var queriesToPayBack: Int? {
            let saved = aloneDollars - onlineDollars
            if saved >= bulkDollars { return 0 }
            guard saved > 0, queryCount > 0 else { return nil }
            return Int(((bulkDollars - saved) / saved * Double(queryCount)).rounded(.up))
        }
    }

    /// What may be spent ahead of savings.
    public static let seedCredit = 0.05

    private let state: Mutex<Sums>
    private let credit: Double

    public init(_ sums: Sums = Sums(), credit: Double = seedCredit) {
        state = Mutex(sums)
        self.credit = credit
    }

    public var sums: Sums { state.withLock { $0 } }

    /// Goes on from what earlier opens had come to.
    public func resume(_ sums: Sums) { state.withLock { $0 = sums } }

    /// A query was answered.
    /// - Parameters:
    ///   - alone: what the cold store would have taken for it.
    ///   - spent: what was spent on it.
    public func noteQuery(alone: Double, spent: Double, wasLocal: Bool) {
        state.withLock { sums in
            sums.queryCount += 1
            sums.localQueryCount += wasLocal ? 1 : 0
            sums.aloneDollars += alone
            sums.onlineDollars += spent
        }
    }

    public func noteBulk(_ dollars: Double) { state.withLock { $0.bulkDollars += dollars } }

    /// An attempt of a query, or of what follows from it, failed after it may have reached the store.
    public func noteFailedAttempt(_ dollars: Double) { state.withLock { $0.onlineDollars += dollars } }

    /// Books `price` for a fill or an audit if it is within the credit; false when it is not.
    public func spendAhead(_ price: Double) -> Bool {
        state.withLock { sums in
            guard sums.onlineDollars + price <= sums.aloneDollars + credit else { return false }
            sums.onlineDollars += price
            return true
        }
    }
}
