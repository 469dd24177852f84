public import Vectors

/// A short-circuit policy as a string: `calibrated`, `off`, `threshold:0.9`, `threshold:0.9,best`, `qvcache`,
/// `qvcache:0.25`, or one that the program registers (``ShortCircuitPolicies``).
public struct PolicyName: Sendable, Equatable, CustomStringConvertible {
    /// As settings and the command line spell it.
    public let description: String

    private enum Kind: Equatable {
        case off
        case calibrated
        case threshold(Float, Threshold.Judged)
        case qvcache(Float)
        case registered(name: String, argument: String)
    }
    private let kind: Kind

    /// Fetches every missing candidate.
    public static let off = PolicyName(description: "off", kind: .off)
    /// Fetches what can still change the answer, controlled by audits.
    public static let calibrated = PolicyName(description: "calibrated", kind: .calibrated)

    private init(description: String, kind: Kind) {
        self.description = description
        self.kind = kind
    }

    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for an unknown policy or a mark that is no number.
    public init(_ text: String) throws(InputError) {
        if text == "off" || text == "calibrated" {
            self = text == "off" ? .off : .calibrated
            return
        }
        let wrong = InputError.outOfRange(
            name: "policy", value: "\"\(text)\"", allowed: "calibrated, off, threshold:X[,best|kth], qvcache[:D]")
        let name = String(text.prefix { $0 != ":" }), argument = text.dropFirst(name.count + 1)
        guard Self.isBuiltIn(name) else {
            self.init(registered: text)
            guard isRegistered else { throw wrong }
            return
        }
        if name == "qvcache" {
            guard let slack = text == name ? QVCache.usualSlack : Float(argument), slack.isFinite, slack > -1 else {
                throw wrong
            }
            self.init(description: text, kind: .qvcache(slack))
            return
        }
        guard name == "threshold" else { throw wrong }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let mark = Float(parts[0]), mark.isFinite else { throw wrong }
        var judged = Threshold.Judged.kth
        if parts.count == 2 {
            guard let named = Threshold.Judged(rawValue: String(parts[1])) else { throw wrong }
            judged = named
        }
        self.init(description: text, kind: .threshold(mark, judged))
    }

    /// As a folder remembers it: it may be one that another program registers.
    ///
    /// - Throws: as ``init(_:)`` for a built-in one.
    public init(remembered text: String) throws(InputError) {
        let name = text.prefix { $0 != ":" }
        if Self.isBuiltIn(String(name)) { try self.init(text) } else { self.init(registered: text) }
    }

    private init(registered text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self.init(
            description: text, kind: .registered(name: parts[0], argument: parts.count > 1 ? parts[1] : ""))
    }

    static func isBuiltIn(_ name: String) -> Bool { ["calibrated", "off", "threshold", "qvcache"].contains(name) }

    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for a mark that the metric cannot have.
    public func check(for metric: Metric) throws(InputError) {
        guard case .threshold(let mark, _) = kind else { return }
        if metric == .cosine, !(-1...1).contains(mark) {
            throw .outOfRange(name: "threshold", value: "\(mark)", allowed: "-1 to 1 (a cosine similarity)")
        }
        if metric == .euclidean, mark < 0 {
            throw .outOfRange(name: "threshold", value: "\(mark)", allowed: "0 or more (a distance)")
        }
    }

    /// Whether this program can make it.
    public var isRegistered: Bool {
        guard case .registered(let name, _) = kind else { return true }
        return ShortCircuitPolicies.maker(of: name) != nil
    }

    /// - Parameters:
    ///   - regions: what QVCache's rule has learned.
    ///   - ticket: draws what the calibrated policy needs; it fetches all where there is none.
    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for a mark that the metric cannot have.
    public func policy(
        for metric: Metric, regions: QVCacheRegions = QVCacheRegions(), ticket: () -> RiskTicket? = { nil }
    ) throws(InputError) -> any ShortCircuitPolicy {
        switch kind {
        case .calibrated:
            return ticket().map { CalibratedPolicy($0) } ?? FetchAll()
        case .off:
            return FetchAll()
        case .qvcache(let slack):
            return QVCache(regions, slack: slack)
        case .registered(let name, let argument):
            guard let maker = ShortCircuitPolicies.maker(of: name) else { return FetchAll() }
            guard let policy = maker(argument, metric) else {
                throw .outOfRange(name: "policy", value: "\"\(description)\"", allowed: "what \(name) understands")
            }
            return policy
        case .threshold(let mark, let judged):
            try check(for: metric)
            return Threshold(mark: mark, judged: judged)
        }
    }
}
