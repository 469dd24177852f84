internal import Synchronization

/// Remembers the vectors of texts that were embedded lately, up to a number of bytes: questions are asked again.
///
/// It gives the vectors of the embedder behind it, and is called as that one is.
public final class CachedEmbedder: Embedder {
    private let base: any Embedder
    private let entries: Mutex<RecentVectors>

    /// Some ten thousand questions and vectors of 384 values.
    public static let usualByteBudget = 16 << 20

    /// - Parameter byteBudget: of all texts and vectors that are kept, with what it takes to find them.
    public init(_ base: any Embedder, byteBudget: Int = usualByteBudget) {
        self.base = base
        entries = Mutex(RecentVectors(byteBudget: byteBudget))
    }

    public var name: String { base.name }
    public var dimension: Int { base.dimension }
    public var longestInput: Int { base.longestInput }
    public var batchSize: Int { base.batchSize }
    public func tokenCount(_ text: String) -> Int { base.tokenCount(text) }

    /// Bytes that are kept now.
    public var byteCount: Int { entries.withLock { $0.byteCount } }

    public func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        let keys = texts.map { RecentVectors.Key($0, form) }
        var vectors = entries.withLock { entries in keys.map { entries.take($0) } }
        // One that stands there twice is asked for once.
        var places: [RecentVectors.Key: Int] = [:], missing: [String] = []
        for (place, key) in keys.enumerated() where vectors[place] == nil && places[key] == nil {
            places[key] = missing.count
            missing.append(texts[place])
        }
        if missing.isEmpty { return vectors.compactMap { $0 } }
        let made = try await base.embed(missing, as: form)
        guard made.count == missing.count else {
            throw .failed(embedder: name, problem: "\(made.count) vectors for \(missing.count) texts")
        }
        entries.withLock { entries in
            for (key, place) in places { entries.keep(made[place], for: key) }
        }
        for (place, key) in keys.enumerated() where vectors[place] == nil {
            vectors[place] = places[key].map { made[$0] }
        }
        return vectors.compactMap { $0 }
    }
}

/// Vectors by text, those that were asked for least lately given up first.
struct RecentVectors {
    /// A text by its bytes: what Unicode holds to be equivalent, an embedder may see otherwise.
    struct Key: Hashable {
        let bytes: [UInt8]
        let form: TextForm

        init(_ text: String, _ form: TextForm) {
            bytes = Array(text.utf8)
            self.form = form
        }
    }

    private struct Entry {
        let vector: [Float]
        var older: Key?
        var newer: Key?
    }

    private let byteBudget: Int
    private(set) var byteCount = 0
    private var entries: [Key: Entry] = [:]
    private var oldest: Key?, newest: Key?

    /// Two arrays' heads, the places in the dictionary and the neighbours' keys.
    private static let overhead = 200

    init(byteBudget: Int) { self.byteBudget = byteBudget }

    private static func size(_ key: Key, _ vector: [Float]) -> Int {
        overhead + key.bytes.count + MemoryLayout<Float>.size * vector.count
    }

    /// The vector, which is the newest from now on.
    mutating func take(_ key: Key) -> [Float]? {
        guard let entry = entries[key] else { return nil }
        unlink(key, entry)
        link(key, entry.vector)
        return entry.vector
    }

    /// What is larger than the whole budget is not kept.
    mutating func keep(_ vector: [Float], for key: Key) {
        if let there = entries[key] { remove(key, there) }
        let size = Self.size(key, vector)
        guard size <= byteBudget else { return }
        while byteCount + size > byteBudget, let oldest, let entry = entries[oldest] { remove(oldest, entry) }
        byteCount += size
        link(key, vector)
    }

    private mutating func remove(_ key: Key, _ entry: Entry) {
        unlink(key, entry)
        entries[key] = nil
        byteCount -= Self.size(key, entry.vector)
    }

    private mutating func unlink(_ key: Key, _ entry: Entry) {
        if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
        if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
    }

    private mutating func link(_ key: Key, _ vector: [Float]) {
        entries[key] = Entry(vector: vector, older: newest)
        if let newest { entries[newest]?.newer = key } else { oldest = key }
        newest = key
    }
}
