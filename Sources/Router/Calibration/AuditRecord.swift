internal import Glibc

/// The audits of one class of traffic.
struct AuditRecord: Sendable {
    /// Shares that may be lost, each with the question whether it is certain that less is lost.
    static let marks = [
        0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.015, 0.01, 0.007, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0002,
    ]

    /// Share that the collection's promise allows to lose.
    private let allowed: Double
    private(set) var window: RiskWindow
    private(set) var losses = LossSums()
    private(set) var certificates: [Certificate]
    /// Losses of the last audits, as the queries were decided.
    private(set) var recent: [Double] = []
    private static let recentCount = 100
    private(set) var bias = ModelBias()
    /// By what the level is multiplied while the window has audits that were drawn while all was fetched.
    private(set) var brake = 1.0
    private static let leastBrake = 0.01
    private static let brakeStep = 0.01
    private(set) var extraKeys = 0
    private(set) var dollars = 0.0

    /// - Parameter allowed: share that the collection's promise allows to lose.
    init(allowed: Double) {
        self.allowed = allowed
        window = RiskWindow(length: Self.windowLength(allowed))
        let marks = Self.marks.contains { abs($0 - allowed) < 1e-9 } ? Self.marks : Self.marks + [allowed]
        certificates = marks.sorted(by: >).map { Certificate(mark: $0) }
    }

    init(
        allowed: Double, entries: [RiskWindow.Entry], brake: Double, bias: ModelBias, losses: LossSums,
        certificates: [Certificate], extraKeys: Int, dollars: Double
    ) {
        self.init(allowed: allowed)
        window = RiskWindow(length: window.length, entries: entries)
        // Not what a file may say instead of a number between.
        self.brake = brake >= Self.leastBrake && brake <= 1 ? brake : 1
        self.bias = bias
        self.losses = losses
        if certificates.map(\.mark) == self.certificates.map(\.mark) { self.certificates = certificates }
        self.extraKeys = extraKeys
        self.dollars = dollars
    }

    /// Long enough that one lost row in it weighs little, short enough to follow the traffic; but what is allowed must
    /// be more than the least that risk control can tell of so many.
    static func windowLength(_ allowed: Double) -> Int {
        Int(max(min(max(10 / allowed, 500), 4_000), 1.5 / Calibration.aim(allowed)))
    }

    /// Risk control holds its promise on average over what may be drawn for audits: of few ones a lucky draw would
    /// stand for a long time. With so many the loss they let through is known to a half or so.
    private func leastCount(allowed: Double) -> Int {
        min(Int(3 / Calibration.aim(allowed)), window.length / 2)
    }

    /// Whether there are audits enough for the collection's promise.
    var isCalibrated: Bool { level(allowed: allowed) != nil }

    /// Audits that are missing until there is a level, if none shows a loss.
    func missingCount(allowed: Double) -> Int {
        max(
            window.missingCount(allowed: allowed, aim: Calibration.aim(allowed)),
            leastCount(allowed: allowed) - window.entries.count)
    }

    /// Nil while there are too few audits.
    func level(allowed: Double) -> RiskLevel? {
        guard window.entries.count >= leastCount(allowed: allowed),
            let level = window.level(allowed: allowed, aim: Calibration.aim(allowed))
        else { return nil }
        return level.scaled(by: isOver ? brake / 2 : brake)
    }

    /// Takes over what an answer is expected to have lost.
    ///
    /// The first audits met colder tiers than later queries, so they allow too much, and it takes thousands of queries
    /// until later audits have replaced them. Meanwhile the level is braked until what answers are expected to lose is
    /// on average what is allowed: the logarithm of the brake is the integral of the difference. Where audits lose much
    /// less than was expected of them, so will answers (with coarse codes a fifth): then it is what is lost by their
    /// measure that is to be what the level aims at, which leaves room for what colder tiers hide.
    mutating func note(expectedLoss: Double, allowed: Double) {
        guard window.hasFirsts else {
            brake = 1
            return
        }
        let used = expectedLoss * min(1 / allowed, bias.factor / Calibration.aim(allowed))
        brake = min(max(brake * exp(Self.brakeStep * (1 - used)), Self.leastBrake), 1)
    }

    /// Whether the last audits lost more than is promised and chance would explain, three standard deviations of losses
    /// that come in tenths: the traffic has turned, and the window has not.
    private var isOver: Bool {
        let expected = Double(Self.recentCount) * allowed
        return recent.count == Self.recentCount
            && recent.reduce(0, +) > expected + 3 * (0.1 * expected).squareRoot()
    }

    /// - Parameters:
    ///   - isFirst: whether it was drawn while every query was an audit.
    ///   - isPromised: whether it was decided by the collection's own promise. Where all is fetched for want of audits
    ///     nothing is lost, and others lose what they were allowed, which says nothing of it. Their curves serve all
    ///     the same, as these are of every level.
    mutating func note(_ curve: LossCurve, _ finding: AuditFinding, isFirst: Bool, isPromised: Bool) {
        let loss = finding.loss
        if let expected = finding.expected {
            // While there is no level: where it will about be.
            let level = self.level(allowed: allowed)?.mean ?? 5 * allowed
            bias.note(lost: curve.loss(at: level), expected: expected.loss(at: level), limit: window.length)
        }
        window.note(curve, isFirst: isFirst)
        extraKeys += finding.extraKeys
        dollars += finding.dollars
        guard isPromised else { return }
        for place in certificates.indices { certificates[place].note(loss, after: losses) }
        losses.note(loss)
        recent.append(loss)
        if recent.count > Self.recentCount { recent.removeFirst() }
        if isOver {
            // What was certified of other traffic is not said of this.
            losses = LossSums()
            certificates = certificates.map { Certificate(mark: $0.mark) }
        }
    }
}
