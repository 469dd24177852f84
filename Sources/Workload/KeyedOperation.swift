/// What a writer does to a collection, as a line of text: a child process that is killed says so before and after, and
/// its parent rebuilds from the lines what must be there.
public enum KeyedOperation: Equatable, Sendable {
    case put([KeyedVersion])
    case delete([Int])
    case metadata(KeyedVersion)
    case train
    case reopen
    case compact

    /// One line without its end.
    public var line: String {
        switch self {
        case .put(let items): (["put"] + items.map { "\($0.key):\($0.version)" }).joined(separator: " ")
        case .delete(let keys): (["delete"] + keys.map { "\($0)" }).joined(separator: " ")
        case .metadata(let item): "metadata \(item.key):\(item.version)"
        case .train: "train"
        case .reopen: "reopen"
        case .compact: "compact"
        }
    }

    /// Nil for what ``line`` never gives, such as a line that was cut.
    public init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        let items = words.dropFirst().compactMap { KeyedVersion(text: $0) }
        let keys = words.dropFirst().compactMap { Int($0) }
        switch words.first {
        case "put" where items.count == words.count - 1: self = .put(items)
        case "delete" where keys.count == words.count - 1: self = .delete(keys)
        case "metadata" where items.count == 1: self = .metadata(items[0])
        case "train" where words.count == 1: self = .train
        case "reopen" where words.count == 1: self = .reopen
        case "compact" where words.count == 1: self = .compact
        default: return nil
        }
    }

    /// The keys whose state it changes.
    public var keys: [Int] {
        switch self {
        case .put(let items): items.map(\.key)
        case .delete(let keys): keys
        case .metadata(let item): [item.key]
        case .train, .reopen, .compact: []
        }
    }
}

/// A key's number with the number of one of its versions: vector and metadata follow from the two.
public struct KeyedVersion: Hashable, Sendable {
    public let key: Int
    public let version: Int

    public init(key: Int, version: Int) {
        self.key = key
        self.version = version
    }

    /// `KEY:VERSION`; nil for anything else.
    public init?(text: some StringProtocol) {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2 else { return nil }
        self.init(key: parts[0], version: parts[1])
    }

    public var name: String { "key-\(key)" }

    /// A vector of its own for each version, in one of 20 clusters, never zero.
    public func vector(dimension: Int) -> [Float] {
        var centre = SplitMix64(seed: UInt64(truncatingIfNeeded: key % 20))
        var own = SplitMix64(seed: UInt64(truncatingIfNeeded: key) << 32 ^ UInt64(truncatingIfNeeded: version))
        return (0..<dimension).map { _ in Float(centre.unit() * 10 - 5 + own.unit()) }
    }

    /// Metadata as JSON: `version` tells which it is, `group` and `even` are for filters, `text` for full-text search.
    public var metadata: String {
        let text = "the version\(version % 50) of key\(key) is \(version % 2 == 0 ? "running even" : "odd")"
        return #"{"version":\#(version),"group":\#((key + version) % 10),"even":\#(version % 2 == 0),"#
            + #""key":"\#(name)","text":"\#(text)"}"#
    }
}
