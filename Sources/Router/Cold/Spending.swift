internal import Glibc
internal import Synchronization

/// What queries cost at the cold store, beside what they would have cost if the store had answered all of them.
///
/// Online spending is what queries and the fills that follow from them cost. Fills stop when it would pass what the
/// store alone had cost by more than a credit. That holds it below for ``ColdPath/auto`` only: `get`, `query` for what
/// is half at hand, exact scans and answers with vectors cost what was asked for, and attempts that fail come on top.
public final class Spending: Sendable {
    /// What was spent, and what the cold store alone would have taken.
    public struct Sums: Sendable, Equatable, Codable {
        /// Queries that were answered.
        public var queryCount = 0
        /// Queries that asked the cold store for nothing.
        public var localQueryCount = 0
        /// US dollars, if the cold store had answered every query.
        public var aloneDollars = 0.0
        /// US dollars of queries and fills, and of attempts that failed.
        public var onlineDollars = 0.0
        /// US dollars of attach, sync and training, and of reading again what others have changed.
        public var bulkDollars = 0.0
        /// The last day (UTC, since 1970) on which a budget was looked at, and what it had come to: calls that were
        /// begun, and attempts that failed. Nil where there never was one.
        public var day: Int?
        /// US dollars that the day has come to; nil where there never was a budget.
        public var dayDollars: Double?

        /// Nothing spent.
        public init() {}

        /// How many queries more, at the mean saving so far, until attach and sync have paid for themselves; 0 when
        /// they have, nil while nothing is saved.
        public var queriesToPayBack: Int? {
            let saved = aloneDollars - onlineDollars
            if saved >= bulkDollars { return 0 }
            guard saved > 0, queryCount > 0 else { return nil }
            // Where as good as nothing is saved it may be any number.
            return Int(min(((bulkDollars - saved) / saved * Double(queryCount)).rounded(.up), 1e15))
        }
    }

    /// What may be spent ahead of savings.
    public static let seedCredit = 0.05
    /// The part of it that fills may take.
    private static let fillShare = 0.9

    private struct State {
        var sums: Sums
        var dailyBudget: Double?
    }
    private let state: Mutex<State>
    private let credit: Double
    private let today: @Sendable () -> Int

    /// - Parameter today: days since 1970, UTC.
    public init(
        _ sums: Sums = Sums(), credit: Double = seedCredit, today: @escaping @Sendable () -> Int = { Spending.thisDay }
    ) {
        state = Mutex(State(sums: sums))
        self.credit = credit
        self.today = today
    }

    /// Today as days since 1970, UTC.
    public static var thisDay: Int { time(nil) / 86_400 }

    /// What it has come to so far.
    public var sums: Sums { state.withLock { $0.sums } }

    /// Goes on from what earlier opens had come to.
    /// - Parameter dailyBudget: US dollars that online spending may come to on a day; nil bounds nothing.
    public func resume(_ sums: Sums, dailyBudget: Double? = nil) {
        state.withLock { $0 = State(sums: sums, dailyBudget: dailyBudget) }
    }

    /// US dollars that a day may come to; nil where nothing bounds it.
    public var dailyBudget: Double? { state.withLock { $0.dailyBudget } }

    /// What is left of today's budget; nil where there is none.
    public var leftToday: Double? {
        state.withLock { state in
            state.dailyBudget.map { max(0, $0 - (state.sums.day == today() ? state.sums.dayDollars ?? 0 : 0)) }
        }
    }

    /// Takes `price` from today's budget for a call of a query; false when that is not left. Always true without one.
    func begin(_ price: Double) -> Bool { state.withLock { begin(price, &$0) } }

    private func begin(_ price: Double, _ state: inout State) -> Bool {
        guard let budget = state.dailyBudget else { return true }
        let day = today()
        if state.sums.day != day { (state.sums.day, state.sums.dayDollars) = (day, 0) }
        let spent = state.sums.dayDollars ?? 0
        guard spent + price <= budget else { return false }
        state.sums.dayDollars = spent + price
        return true
    }

    /// A call that was taken from today's budget was not made.
    /// - Parameter isBooked: whether it is in the sums already.
    func giveBack(_ price: Double, isBooked: Bool = false) {
        state.withLock { state in
            if isBooked { state.sums.onlineDollars = max(0, state.sums.onlineDollars - price) }
            guard state.sums.day == today(), let spent = state.sums.dayDollars else { return }
            state.sums.dayDollars = max(0, spent - price)
        }
    }

    /// A query was answered.
    /// - Parameters:
    ///   - alone: what the cold store would have taken for it.
    ///   - spent: what was spent on it.
    public func noteQuery(alone: Double, spent: Double, wasLocal: Bool) {
        state.withLock { state in
            state.sums.queryCount += 1
            state.sums.localQueryCount += wasLocal ? 1 : 0
            state.sums.aloneDollars += alone
            state.sums.onlineDollars += spent
        }
    }

    /// Counts US dollars of an attach, a sync or a training.
    public func noteBulk(_ dollars: Double) { state.withLock { $0.sums.bulkDollars += dollars } }

    /// An attempt of a query, or of what follows from it, failed after it may have reached the store.
    public func noteFailedAttempt(_ dollars: Double) {
        state.withLock { state in
            state.sums.onlineDollars += dollars
            // What it may have cost counts, even if nothing is left.
            if !begin(dollars, &state) { state.sums.dayDollars = (state.sums.dayDollars ?? 0) + dollars }
        }
    }

    /// Whether `price` is within the credit, as far as it is known before a query is looked at.
    public func hasCredit(for price: Double) -> Bool {
        state.withLock { $0.sums.onlineDollars + price <= $0.sums.aloneDollars + credit }
    }

    /// Books `price` for an audit if it is within today's budget; false when it is not.
    func bookAudit(_ price: Double) -> Bool {
        state.withLock { state in
            guard begin(price, &state) else { return false }
            state.sums.onlineDollars += price
            return true
        }
    }

    /// Books `price` for a fill if it is within the credit and today's budget; false when it is not. A tenth of the
    /// credit is left to audits that were drawn and are not booked yet.
    public func spendAhead(_ price: Double) -> Bool {
        state.withLock { state in
            let limit = state.sums.aloneDollars + Self.fillShare * credit
            guard state.sums.onlineDollars + price <= limit, begin(price, &state) else { return false }
            state.sums.onlineDollars += price
            return true
        }
    }
}
