internal import Glibc

/// The risk levels that a query may be decided at, and what an audited query would have lost at each.
enum RiskLevels {
    static let count = 48
    /// 10^-4 to a half in equal steps of the logarithm: no answer is given of which more than a half is expected to be
    /// lost, whatever the mean of many would allow. It would look wrong.
    static let values = (0..<count).map { Float(1e-4 * pow(0.5e4, Double($0) / Double(count - 1))) }
}

/// A risk level between two of the grid: one or the other, drawn for each query before anything is known of it.
///
/// Expected losses gather at whole rows (a tenth, for k of ten), so what is lost jumps from one level to the next. The
/// mean of a draw is what is allowed, and conformal risk control holds for it as for a level: its loss grows with the
/// share.
struct RiskLevel: Sendable, Equatable {
    var lower: Float
    var upper: Float
    /// Chance of the upper one.
    var share: Double

    init(lower: Float, upper: Float? = nil, share: Double = 0) {
        self.lower = lower
        self.upper = upper ?? lower
        self.share = share
    }

    var mean: Double { (1 - share) * Double(lower) + share * Double(upper) }

    func scaled(by factor: Double) -> RiskLevel {
        RiskLevel(lower: lower * Float(factor), upper: upper * Float(factor), share: share)
    }

    func drawn(_ random: inout some RandomNumberGenerator) -> Float {
        Double.random(in: 0..<1, using: &random) < share ? upper : lower
    }
}

/// What one audited query would have lost at each of ``RiskLevels``: a share of the k nearest. It grows with the level.
struct LossCurve: Sendable, Equatable {
    /// Shares in units of 1/65,535, rounded up.
    let shares: [UInt16]

    static let none = LossCurve(shares: [UInt16](repeating: 0, count: RiskLevels.count))

    private init(shares: [UInt16]) { self.shares = shares }

    /// - Parameter lost: the share that would have been lost at a level.
    init(_ lost: (Float) -> Double) {
        shares = RiskLevels.values.map { UInt16((min(max(lost($0), 0), 1) * 65_535).rounded(.up)) }
    }

    /// Of the smallest of the levels that is not below `level`.
    func loss(at level: Double) -> Double {
        let place = RiskLevels.values.firstIndex { Double($0) >= level } ?? RiskLevels.count - 1
        return Double(shares[place]) / 65_535
    }

    /// Nil for values that make no sense.
    init?(saved: ArraySlice<UInt16>) {
        guard saved.count == RiskLevels.count else { return nil }
        shares = Array(saved)
    }
}

/// The loss curves of the last audits, and the risk level that keeps a promise according to them.
///
/// Conformal risk control (Angelopoulos and others, ICLR 2024, arXiv 2208.02814): with n curves of losses within 0 to 1
/// the largest level up to which (sum of losses + 1) / (n + 1) is at most what is allowed loses no more than that in
/// expectation, if the next query is drawn like those before.
struct RiskWindow: Sendable {
    struct Entry: Sendable, Equatable {
        let curve: LossCurve
        /// Whether it was drawn while every query was an audit, for want of audits.
        let isFirst: Bool
    }

    let length: Int
    /// The oldest first.
    private(set) var entries: [Entry] = []
    private var sums = [Int](repeating: 0, count: RiskLevels.count)

    init(length: Int, entries: [Entry] = []) {
        self.length = max(1, length)
        for entry in entries.suffix(self.length) { append(entry) }
    }

    /// Those that were drawn while all was fetched met colder tiers and fuller calls than later queries do, so that
    /// less is lost in them: each later one takes the place of one of them.
    mutating func note(_ curve: LossCurve, isFirst: Bool = false) {
        if entries.count >= length || !isFirst && hasFirsts {
            let oldest = entries.removeFirst().curve
            for level in sums.indices { sums[level] -= Int(oldest.shares[level]) }
        }
        append(Entry(curve: curve, isFirst: isFirst))
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        for level in sums.indices { sums[level] += Int(entry.curve.shares[level]) }
    }

    /// Whether audits drawn while all was fetched are among them.
    var hasFirsts: Bool { entries.first?.isFirst == true }

    /// Nil while there are too few audits for any level but none.
    ///
    /// - Parameters:
    ///   - allowed: what the next query may be expected to lose.
    ///   - aim: what those of the window may have lost on average, at most what is allowed.
    func level(allowed: Double, aim: Double) -> RiskLevel? {
        // As shares of what may be: of the mean with a next query that loses all, and of the mean.
        let count = Double(entries.count)
        let risks = sums.map {
            let lost = Double($0) / 65_535
            return max((lost + 1) / (count + 1) / allowed, lost / max(count, 1) / aim)
        }
        // What is just enough is enough, however it was rounded.
        guard let over = risks.firstIndex(where: { $0 > 1 + 1e-9 }) else {
            return RiskLevel(lower: RiskLevels.values[RiskLevels.count - 1])
        }
        guard over > 0 else { return nil }
        return RiskLevel(
            lower: RiskLevels.values[over - 1], upper: RiskLevels.values[over],
            share: max(0, (1 - risks[over - 1]) / (risks[over] - risks[over - 1])))
    }

    /// Audits without loss that are missing until there is a level.
    func missingCount(allowed: Double, aim: Double) -> Int {
        let lost = Double(sums[0]) / 65_535
        return max(0, Int(max((lost + 1) / allowed - 1, lost / aim).rounded(.up)) - entries.count)
    }
}
