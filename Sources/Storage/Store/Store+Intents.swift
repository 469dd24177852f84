internal import CLMDB
public import Vectors

extension StoreLookup where Self: ~Copyable {
    func findIntent(_ number: UInt64) throws -> Intent? {
        guard let bytes = unsafe try get(store.tables.intents, number) else { return nil }
        return unsafe try Intent(encoded: bytes, number: number, path: path)
    }

    /// Numbers of the intents on keys of this hash, the oldest first.
    func intentNumbers(_ hash: KeyHash) throws -> [UInt64] {
        guard let value = unsafe try hash.withBytes({ unsafe try get(store.tables.intentKeys, $0) }) else { return [] }
        return stride(from: 0, to: value.count - 7, by: 8).map { unsafe value.integer(at: $0, UInt64.self) }
    }

    func findIntents(on key: VectorKey) throws -> [(number: UInt64, intent: Intent)] {
        var out: [(number: UInt64, intent: Intent)] = []
        for number in try intentNumbers(store.hash(key)) {
            if let intent = try findIntent(number), intent.key == key { out.append((number, intent)) }
        }
        return out
    }

    /// Up to `limit` intents numbered above `number`, the oldest first.
    func findIntents(after number: UInt64, limit: Int) throws -> [(number: UInt64, intent: Intent)] {
        try withCursor(store.tables.intents) { cursor in
            var key = number &+ 1
            var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
            var out: [(number: UInt64, intent: Intent)] = []
            while let found = unsafe entry, out.count < limit {
                let number = unsafe found.key.loadUnaligned(as: UInt64.self)
                out.append((number, unsafe try Intent(encoded: found.value, number: number, path: path)))
                unsafe entry = try cursor.move(.next)
            }
            return out
        }
    }
}

extension StoreReader {
    public func intent(_ number: UInt64) throws -> Intent? { try findIntent(number) }

    /// The intents on `key`, the oldest first: they are sent in this order, one at a time.
    public func intents(on key: VectorKey) throws -> [(number: UInt64, intent: Intent)] { try findIntents(on: key) }

    /// Up to `limit` intents numbered above `number`, the oldest first.
    public func intents(after number: UInt64 = 0, limit: Int = .max) throws -> [(number: UInt64, intent: Intent)] {
        try findIntents(after: number, limit: limit)
    }
}

extension StoreWriter {
    public func intent(_ number: UInt64) throws -> Intent? { try findIntent(number) }
    public func intents(on key: VectorKey) throws -> [(number: UInt64, intent: Intent)] { try findIntents(on: key) }

    /// All, the oldest first.
    public func intents() throws -> [(number: UInt64, intent: Intent)] { try findIntents(after: 0, limit: .max) }

    /// Writes an intent down; gives its number, larger than any before. `counters.intentBytes` says what all take: the
    /// caller keeps the bound.
    public func add(_ intent: Intent) throws -> UInt64 {
        let number = changes.counters.intentNext
        changes.counters.intentNext += 1
        changes.counters.intentCount += 1
        try store(intent, number, .append)
        let hash = store.hash(intent.key)
        try setIntentNumbers(hash, try intentNumbers(hash) + [number])
        return number
    }

    /// Keeps what has changed of an intent: its state, how often it was sent. False when it is not there.
    @discardableResult
    public func update(_ number: UInt64, _ intent: Intent) throws -> Bool {
        guard let old = unsafe try get(store.tables.intents, number) else { return false }
        forget(byteCount: old.count)
        try store(intent, number, [])
        return true
    }

    /// Removes an intent: done, refused or dropped. One that is not there is fine.
    public func removeIntent(_ number: UInt64) throws {
        guard let old = unsafe try get(store.tables.intents, number) else { return }
        let byteCount = old.count
        let hash = store.hash(unsafe try Intent(encoded: old, number: number, path: path).key)
        var key = number
        unsafe try withUnsafeBytes(of: &key) { unsafe _ = try delete(store.tables.intents, $0) }
        try setIntentNumbers(hash, try intentNumbers(hash).filter { $0 != number })
        changes.counters.intentCount -= min(1, changes.counters.intentCount)
        forget(byteCount: byteCount)
    }

    /// Ends an intent that was confirmed, and those before it on its key: what they wrote has been written over.
    ///
    /// Sent again, one of them would take the place of the later write, which was acknowledged.
    public func endIntent(_ number: UInt64) throws {
        guard let intent = try findIntent(number) else { return }
        for earlier in try intents(on: intent.key) where earlier.number <= number { try removeIntent(earlier.number) }
    }

    private func store(_ intent: Intent, _ number: UInt64, _ mode: PutMode) throws {
        var key = number
        let bytes = intent.encoded
        unsafe try withUnsafeBytes(of: &key) { key in
            unsafe try bytes.withUnsafeBytes { unsafe try put(store.tables.intents, key, $0, mode) }
        }
        changes.counters.intentBytes += UInt64(bytes.count)
    }

    /// Counters of a damaged store do not end the process.
    private func forget(byteCount: Int) {
        changes.counters.intentBytes -= min(UInt64(byteCount), changes.counters.intentBytes)
    }

    private func setIntentNumbers(_ hash: KeyHash, _ numbers: [UInt64]) throws {
        var bytes: [UInt8] = []
        for number in numbers { bytes.appendInteger(number) }
        unsafe try hash.withBytes { key in
            if bytes.isEmpty {
                unsafe _ = try delete(store.tables.intentKeys, key)
            } else {
                unsafe try bytes.withUnsafeBytes { unsafe try put(store.tables.intentKeys, key, $0) }
            }
        }
    }
}
