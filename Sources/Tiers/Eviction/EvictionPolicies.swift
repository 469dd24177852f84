internal import Synchronization

/// Eviction policies that a program brings along, by the names that the setting `eviction` takes.
///
/// A collection that remembers one is opened with the default by programs that do not register it: a policy changes
/// times, and no answer.
public enum EvictionPolicies {
    public typealias Maker = @Sendable (_ capacity: Int) -> any EvictionPolicy

    private static let makers = Mutex<[String: Maker]>([:])

    /// Registers a policy, before a collection with it is opened. The last of a name counts.
    ///
    /// - Parameter name: none of the built-in ones (``EvictionPolicyKind``).
    public static func register(_ name: String, _ make: @escaping Maker) {
        precondition(EvictionPolicyKind(rawValue: name) == nil, "\(name) is built in")
        makers.withLock { $0[name] = make }
    }

    public static func maker(of name: String) -> Maker? { makers.withLock { $0[name] } }

    /// Built-in names first.
    public static var names: [String] {
        EvictionPolicyKind.allCases.map(\.rawValue) + makers.withLock { $0.keys.sorted() }
    }
}
