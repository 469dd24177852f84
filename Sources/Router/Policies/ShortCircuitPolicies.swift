internal import Synchronization
public import Vectors

/// Short-circuit policies that a program brings along, by the names that the setting `policy` takes.
///
/// A collection that remembers one fetches all in programs that do not register it: that costs more, and no answer is
/// worse for it.
public enum ShortCircuitPolicies {
    /// Makes a policy from what stands behind the name and its colon, empty where nothing does; nil where that has no
    /// meaning. It is called for every query: give the same object where a policy has a state.
    public typealias Maker = @Sendable (_ argument: String, _ metric: Metric) -> (any ShortCircuitPolicy)?

    private static let makers = Mutex<[String: Maker]>([:])

    /// Has `NAME` and `NAME:ARGUMENT` known in this program. The last of a name counts.
    ///
    /// - Parameter name: without a colon, and none of the built-in ones (``PolicyName``).
    public static func register(_ name: String, _ make: @escaping Maker) {
        precondition(
            !name.isEmpty && !name.contains(":") && !PolicyName.isBuiltIn(name), "no policy can be called '\(name)'")
        makers.withLock { $0[name] = make }
    }

    static func maker(of name: String) -> Maker? { makers.withLock { $0[name] } }
}
