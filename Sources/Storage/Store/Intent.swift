public import Vectors

/// A remote write that is written down here and not yet confirmed.
///
/// Little-endian: byte 0 kind (1 put, 2 delete), key length u16, key; of a put also value count u32, the float32
/// values, and the encoded metadata to the end.
public struct Intent: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        case put(values: [Float], encodedMetadata: [UInt8])
        case delete
    }

    public let key: VectorKey
    public let action: Action

    public init(key: VectorKey, action: Action) {
        self.key = key
        self.action = action
    }

    var encoded: [UInt8] {
        var out: [UInt8] = []
        func put<T: FixedWidthInteger>(_ value: T) {
            for shift in stride(from: 0, to: T.bitWidth, by: 8) {
                out.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        if case .delete = action { put(UInt8(2)) } else { put(UInt8(1)) }
        put(UInt16(key.text.utf8.count))
        out.append(contentsOf: key.text.utf8)
        guard case .put(let values, let metadata) = action else { return out }
        put(UInt32(values.count))
        for value in values { put(value.bitPattern) }
        out.append(contentsOf: metadata)
        return out
    }

    init(encoded: [UInt8], path: String) throws(StorageError) {
        let damaged = StorageError.damaged(path: path, what: "an intent of \(encoded.count) bytes is cut or unknown")
        func word(_ at: Int, _ count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 | UInt32(encoded[at + $1]) << (8 * UInt32($1)) }
        }
        guard encoded.count >= 3 else { throw damaged }
        let keyEnd = 3 + Int(word(1, 2))
        guard keyEnd <= encoded.count,
            let key = try? VectorKey(String(decoding: encoded[3..<keyEnd], as: UTF8.self))
        else { throw damaged }
        self.key = key
        switch encoded[0] {
        case 2 where keyEnd == encoded.count:
            action = .delete
        case 1 where keyEnd + 4 <= encoded.count:
            let count = Int(word(keyEnd, 4)), valuesEnd = keyEnd + 4 + 4 * count
            guard count <= 4096, valuesEnd <= encoded.count else { throw damaged }
            action = .put(
                values: (0..<count).map { Float(bitPattern: word(keyEnd + 4 + 4 * $0, 4)) },
                encodedMetadata: Array(encoded[valuesEnd...]))
        default: throw damaged
        }
    }
}

extension StoreWriter {
    /// Writes an intent down; gives its number.
    public func add(_ intent: Intent) throws -> UInt64 {
        var number = changes.counters.intentNext
        changes.counters.intentNext += 1
        let bytes = intent.encoded
        unsafe try withUnsafeBytes(of: &number) { key in
            unsafe try bytes.withUnsafeBytes { unsafe try put(store.tables.intents, key, $0, .append) }
        }
        return number
    }

    /// Ends an intent. One that is not there is fine.
    public func removeIntent(_ number: UInt64) throws {
        var number = number
        unsafe try withUnsafeBytes(of: &number) { unsafe _ = try delete(store.tables.intents, $0) }
    }
}

extension StoreReader {
    /// The open intents, oldest first.
    public func intents() throws -> [(number: UInt64, intent: Intent)] {
        try withCursor(store.tables.intents) { cursor in
            var out: [(UInt64, Intent)] = []
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let number = unsafe found.key.loadUnaligned(as: UInt64.self)
                out.append((number, try Intent(encoded: unsafe Array(found.value), path: path)))
                unsafe entry = try cursor.move(.next)
            }
            return out
        }
    }
}
