public import Router
internal import Tiers
public import Vectors

/// What can be set of a collection, saved in its `memvec.json` and changed by opening it with other values.
///
/// Every setting is a string there and on the command line, under the same name.
public struct CollectionSettings: Sendable, Equatable {
    /// Recall@10 that answers aim at, against an exact scan, 0.5...0.9999. The one knob of quality.
    public var recall = 0.98
    /// The part of it that the index must reach; nil splits the allowance evenly.
    public var indexRecall: Double?
    /// The part that skipping the cold store may cost; nil splits the allowance evenly.
    public var retainedRecall: Double?
    /// A FAISS factory string such as `IVF4096,PQ64`, `Flat` or `HNSW32`, or a name that the program registers
    /// (`CandidateIndexes`); nil chooses by count and dimension.
    public var index: String?
    /// Lists looked into by a query, in place of what the recall curve says.
    public var nprobe: Int?
    /// Candidates of a query, in place of what the recall curve says.
    public var candidates: Int?
    /// What missing candidates are fetched: calibrated, off, threshold:X, or what the program registers
    /// (`ShortCircuitPolicies`).
    public var policy = PolicyName.calibrated
    /// How the cold store is asked about vectors that are not at hand.
    public var coldPath = ColdPath.auto
    /// US dollars that queries, and the fills and audits that follow from them, may cost at the cold store on a day
    /// (UTC); over it answers are ``Provenance/Reason/partial``. Nil bounds nothing.
    public var coldBudget: Double?
    /// Slab of the RAM tier.
    public var ramBudget: Budget
    /// File of the warm tier of a remote collection.
    public var warmBudget: Budget
    /// What goes when the RAM tier is full: s3fifo, lru, lfu, sieve, hybrid, or what the program registers
    /// (`EvictionPolicies`).
    public var eviction = "s3fifo"
    /// Whether the collection trains itself when a scan has become the dearer way, and when it has outgrown its index.
    public var autoTrain = true
    /// Seconds after which cached bytes of a remote vector are fetched again; nil keeps them.
    public var cacheTTLSeconds: Double?
    /// Seconds that each request to a `local:` cold store takes, within a fifth; nil adds none. For demonstrations.
    public var simulatedLatencySeconds: Double?

    /// Whether the warm tier is to hold every vector of a remote collection, as far as its budget goes, through power
    /// cuts.
    public var isMirror = false
    /// The server of the cold store, for all but Amazon's: `http://127.0.0.1:8080`.
    public var endpoint: String?
    /// The AWS region and profile of the cold store; nil is what AWS's own settings say.
    public var region: String?
    /// The AWS profile of the cold store; nil is what AWS's own settings say.
    public var profile: String?
    /// The string that makes what embeds the texts of this collection, such as `minilm`; nil where vectors come as
    /// such.
    public var embedder: String?
    /// What that embedder calls itself: its vectors can be compared with those of another of this name alone.
    public var embedderName: String?

    /// The defaults.
    public init() throws(InputError) {
        ramBudget = try Budget("10%")
        warmBudget = try Budget("50%")
    }

    /// The names as `memvec.json` and the command line spell them.
    public static let names = [
        "recall", "index-recall", "retained-recall", "index", "nprobe", "candidates", "policy", "cold-path",
        "cold-budget", "ram-budget",
        "warm-budget", "eviction", "auto-train", "cache-ttl", "mirror", "simulate-latency", "endpoint",
        "region", "profile", "embedder", "embedder-name",
    ]

    /// Changes one setting by its name.
    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for an unknown name or a value out of range.
    public mutating func set(_ name: String, to text: String) throws(InputError) {
        switch name {
        case "recall": recall = try Self.share(text, name)
        case "index-recall": indexRecall = try Self.share(text, name)
        case "retained-recall": retainedRecall = try Self.share(text, name)
        case "index": index = text == "auto" ? nil : text
        case "nprobe": nprobe = try Self.count(text, name, 1...1_048_576)
        case "candidates": candidates = try Self.count(text, name, 1...100_000)
        case "policy": policy = try PolicyName(text)
        case "cold-path":
            guard let path = ColdPath(rawValue: text) else {
                throw .outOfRange(name: name, value: text, allowed: "get, query, auto")
            }
            coldPath = path
        case "cold-budget":
            coldBudget = text == "off" ? nil : try Self.dollars(text, name)
        case "ram-budget": ramBudget = try Budget(text, name: name)
        case "warm-budget": warmBudget = try Budget(text, name: name)
        case "eviction":
            guard EvictionPolicies.names.contains(text) else {
                throw .outOfRange(name: name, value: text, allowed: EvictionPolicies.names.joined(separator: ", "))
            }
            eviction = text
        case "auto-train":
            autoTrain = try Self.isOn(text, name)
        case "cache-ttl":
            cacheTTLSeconds = text == "off" ? nil : try Self.seconds(text, name)
        case "simulate-latency":
            simulatedLatencySeconds = text == "off" ? nil : try Self.seconds(text, name)
        case "mirror": isMirror = try Self.isOn(text, name)
        case "endpoint": endpoint = text == "none" ? nil : text
        case "region": region = text == "none" ? nil : text
        case "profile": profile = text == "none" ? nil : text
        case "embedder": embedder = text == "none" ? nil : text
        case "embedder-name": embedderName = text == "none" ? nil : text
        default:
            throw .outOfRange(name: "setting", value: name, allowed: Self.names.joined(separator: ", "))
        }
    }

    /// What differs from the defaults, as `memvec.json` keeps it.
    public var saved: [String: String] {
        var out: [String: String] = [
            "recall": "\(recall)", "policy": policy.description, "ram-budget": ramBudget.description,
            "warm-budget": warmBudget.description, "eviction": eviction, "auto-train": autoTrain ? "on" : "off",
        ]
        out["index-recall"] = indexRecall.map { "\($0)" }
        out["retained-recall"] = retainedRecall.map { "\($0)" }
        out["index"] = index
        out["nprobe"] = nprobe.map { "\($0)" }
        out["candidates"] = candidates.map { "\($0)" }
        out["simulate-latency"] = simulatedLatencySeconds.map { "\($0)s" }
        if coldPath != .auto { out["cold-path"] = coldPath.rawValue }
        out["cold-budget"] = coldBudget.map { "\($0)" }
        if isMirror { out["mirror"] = "on" }
        out["endpoint"] = endpoint
        out["region"] = region
        out["profile"] = profile
        out["embedder"] = embedder
        out["embedder-name"] = embedderName
        out["cache-ttl"] = cacheTTLSeconds.map { "\($0)s" }
        return out
    }

    /// From what ``saved`` gave, or from names and values as a command line gives them.
    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` naming the setting.
    public init(saved: [String: String]) throws(InputError) {
        try self.init()
        var saved = saved
        // They may be of another program: ``Engine`` takes the default then, and the folder opens.
        if let eviction = saved.removeValue(forKey: "eviction") { self.eviction = eviction }
        if let policy = saved.removeValue(forKey: "policy") { self.policy = try PolicyName(remembered: policy) }
        for (name, text) in saved.sorted(by: { $0.key < $1.key }) { try set(name, to: text) }
    }

    /// What the index has to reach: all of the recall where every vector is at hand, else its half of the allowance.
    ///
    /// - Parameter recall: what a query asks for in place of the collection's.
    func indexTarget(everythingAtHand: Bool, recall asked: Double? = nil) -> Double {
        let whole = asked ?? recall
        if asked == nil, let indexRecall { return indexRecall }
        return everythingAtHand ? whole : 1 - (1 - whole) / 2
    }

    /// What skipping the cold store may cost of a remote collection's recall: the other half.
    func retainedTarget(recall asked: Double? = nil) -> Double {
        if asked == nil, let retainedRecall { return retainedRecall }
        return 1 - (1 - (asked ?? recall)) / 2
    }

    private static func isOn(_ text: String, _ name: String) throws(InputError) -> Bool {
        guard text == "on" || text == "off" else { throw .outOfRange(name: name, value: text, allowed: "on, off") }
        return text == "on"
    }

    private static func share(_ text: String, _ name: String) throws(InputError) -> Double {
        guard let value = Double(text), (0.5...0.9999).contains(value) else {
            throw .outOfRange(name: name, value: text, allowed: "0.5 to 0.9999")
        }
        return value
    }

    private static func count(_ text: String, _ name: String, _ range: ClosedRange<Int>) throws(InputError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw .outOfRange(name: name, value: text, allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func dollars(_ text: String, _ name: String) throws(InputError) -> Double {
        guard let value = Double(text), value >= 0, value.isFinite else {
            throw .outOfRange(name: name, value: text, allowed: "US dollars, such as 0.50; or off")
        }
        return value
    }

    /// Ten years: longer than anything here lasts, and a clock can still add it.
    static let longestSeconds = 3_650.0 * 86_400

    /// `250ms`, `15s`, `10m`, `2h`, `1d`, or seconds.
    public static func seconds(_ text: String, _ name: String) throws(InputError) -> Double {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let scales: [String: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let value = Double(digits), value > 0, let scale = scales[String(text.dropFirst(digits.count))],
            value * scale <= longestSeconds
        else {
            throw .outOfRange(name: name, value: text, allowed: "a duration such as 80ms, 30s, 15m, 2h, up to 3650d")
        }
        return value * scale
    }
}
