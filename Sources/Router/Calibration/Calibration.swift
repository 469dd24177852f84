internal import Synchronization
internal import Tiers

/// What a collection's router has learned from audited queries: how far estimates are wrong, and which risk level keeps
/// the promise of retained recall. It belongs to one training of the index.
///
/// An audit is drawn before anything is known of the query. All its candidates are measured, the answer being given
/// meanwhile, and as what is fetched at a larger risk level is part of what is fetched at a smaller one, a single audit
/// tells the loss at every level (`LossCurve`).
public final class Calibration: Sendable {
    struct State {
        let training: UInt32
        var model: ErrorModel
        var table: ChanceTable?
        var countAtTable = 0.0
        var records: [TrafficClass: AuditRecord] = [:]
        var random: SeededRandom
        /// Keys that an audit fetches beyond what its query wanted.
        var meanKeys = 100.0
        /// Keys that an answer fetches for itself.
        var meanAnswerKeys = 0.0
        /// Audits by GetVectors that were begun while the model was not ready.
        var firstAudits = 0
    }

    /// Keys that audits may fetch for each query, on average; where answers fetch many, as with coarse codes, a share
    /// of those.
    private static let keysPerQuery = 1.8
    private static let shareOfAnswerKeys = 0.1
    /// Shares of the queries that are audited.
    private static let rates = 0.01...0.05
    private static let mostRate = 0.1
    /// Audits that are enough to make the model ready.
    static let firstAuditLimit = 60
    /// More classes than this are not told apart: the traffic of a class beyond is fetched whole.
    private static let classLimit = 64

    let dimension: Int
    /// Retained recall that is promised to a query that asks for none.
    public let target: Double
    let state: Mutex<State>

    /// - Parameters:
    ///   - dimension: of the vectors as the index codes them.
    ///   - target: retained recall, below 1.
    ///   - seed: of what is drawn: audits, and levels.
    public init(dimension: Int, target: Double, seed: UInt64 = .random(in: .min ... .max)) {
        self.dimension = dimension
        self.target = target
        state = Mutex(Self.fresh(dimension, 0, SeededRandom(seed: seed)))
    }

    static func fresh(_ dimension: Int, _ training: UInt32, _ random: SeededRandom) -> State {
        State(training: training, model: ErrorModel(dimension: dimension), random: random)
    }

    /// What the window's audits may have lost on average is a part of the allowance: where the loss is all of it, no
    /// number of audits tells that it is not more.
    static func aim(_ allowed: Double) -> Double { 0.7 * allowed }

    /// Draws whether a query is audited, and says how it is decided.
    ///
    /// - Parameters:
    ///   - retainedRecall: what is promised to this query; nil is the collection's.
    ///   - training: of the index that the query looks through. After a retraining all begins anew.
    ///   - mayAudit: false for reads that disturb nothing.
    public func ticket(
        k: Int, isFiltered: Bool, nprobe: Int, retainedRecall: Double? = nil, training: UInt32, mayAudit: Bool
    ) -> RiskTicket? {
        guard k <= TrafficClass.mostK else { return nil }
        let traffic = TrafficClass(k: k, isFiltered: isFiltered, nprobe: nprobe)
        let allowed = 1 - (retainedRecall ?? target)
        return state.withLock { state in
            if state.training != training { state = Self.fresh(dimension, training, state.random) }
            let record = state.records[traffic]
            guard record != nil || state.records.count < Self.classLimit else { return nil }
            let level = state.table == nil ? nil : record?.level(allowed: allowed)
            // While the collection's own promise wants audits every query is one. A query that asks for more than the
            // window can show fetches all, but need not fill the window.
            let isBeginning = state.table == nil || record?.isCalibrated != true
            let rate = isBeginning ? 1 : Self.rate(state)
            let isAudit = mayAudit && Double.random(in: 0..<1, using: &state.random) < rate
            return RiskTicket(
                calibration: self, training: training, traffic: traffic, table: state.table,
                level: level?.drawn(&state.random) ?? 0, allowed: allowed, isFirst: isBeginning, isAudit: isAudit)
        }
    }

    private static func rate(_ state: State) -> Double {
        let keys = max(state.meanKeys, 1)
        return max(
            min(max(keysPerQuery / keys, rates.lowerBound), rates.upperBound),
            min(shareOfAnswerKeys * state.meanAnswerKeys / keys, mostRate))
    }

    /// Whether an audit whose query was answered by the store itself is to fetch vectors all the same.
    func wantsDistances() -> Bool {
        state.withLock { state in
            guard !state.model.isReady, state.firstAudits < Self.firstAuditLimit else { return false }
            state.firstAudits += 1
            return true
        }
    }

    /// Takes over what the answer to a query is expected to have lost, a share of the k nearest, and how many keys it
    /// fetched for itself.
    func note(expectedLoss: Double, keyCount: Int, _ ticket: RiskTicket) {
        guard !ticket.isCalibrating else { return }
        state.withLock { state in
            guard state.training == ticket.training else { return }
            state.meanAnswerKeys += 0.001 * (Double(keyCount) - state.meanAnswerKeys)
            state.records[ticket.traffic]?.note(expectedLoss: expectedLoss, allowed: ticket.allowed)
        }
    }

    /// Takes over what an audit found.
    func note(_ finding: AuditFinding, _ ticket: RiskTicket) {
        state.withLock { state in
            // What was measured with the codes of another training says nothing of these.
            guard state.training == ticket.training else { return }
            for pair in finding.pairs {
                state.model.note(
                    estimate: pair.estimate, codeError: pair.codeError, squaredDistance: pair.squaredDistance)
            }
            // The first tables are of few candidates; later ones change little.
            if state.model.isReady, state.table == nil || state.model.total >= state.countAtTable + 10_000 {
                state.table = state.model.table
                state.countAtTable = state.model.total
            }
            if !ticket.isCalibrating { state.meanKeys += 0.02 * (Double(finding.extraKeys) - state.meanKeys) }
            guard let curve = finding.curve else { return }
            let allowed = 1 - target
            state.records[ticket.traffic, default: AuditRecord(allowed: allowed)].note(
                curve, finding, isFirst: ticket.isFirst,
                isPromised: !ticket.isCalibrating && ticket.allowed == allowed)
        }
    }
}

/// What an audit found.
struct AuditFinding: Sendable {
    /// A candidate whose distance was measured.
    struct Pair: Sendable {
        let estimate: Float
        let codeError: UInt8
        let squaredDistance: Float
    }

    var pairs: [Pair] = []
    /// Nil where the model was not ready when the query was decided.
    var curve: LossCurve?
    /// What the model expected of the curve.
    var expected: LossCurve?
    /// Share of the k nearest that the query lost as it was decided.
    var loss = 0.0
    /// Keys that were fetched for the audit alone.
    var extraKeys = 0
    var dollars = 0.0
}
