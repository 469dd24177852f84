internal import CKernels
public import Vectors

/// A remote write that is written down here and not yet confirmed. It changes nothing that a query sees.
///
/// As the table `intents` keeps it, little-endian:
///
///     byte   bytes  what
///     0      1      1, the version of this form
///     1      1      1 put, 2 delete
///     2      1      state: 1 open, 2 pending, 3 conflict
///     3      1      1 if the key had a row when it was written, else 0
///     4      4      times that it was sent
///     8      8      when it was written, milliseconds since 1970; 0 if not known
///     16     16     fingerprint of the row that the key had; zero if none
///     32     2      bytes of the key
///     34     2      zero
///     36     4      values of the vector; 0 for a delete
///     40     ...    key, values as float32, encoded metadata to the end
///     last 8        XXH3-64 of all before
public struct Intent: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        /// A whole vector with its metadata.
        case put(values: [Float], encodedMetadata: [UInt8])
        case delete
    }

    public enum State: UInt8, Sendable {
        /// To be sent, or sent and not answered yet.
        case open = 1
        /// The answer was lost: it may apply still.
        case pending
        /// Somebody else wrote the key meanwhile; it is not sent any more.
        case conflict
    }

    public let key: VectorKey
    public let action: Action
    public var state = State.open
    /// Of the row that the key had when it was written; nil if it had none.
    public let before: Fingerprint?
    public var sentCount: UInt32 = 0
    public let createdMilliseconds: UInt64

    public init(key: VectorKey, action: Action, before: Fingerprint? = nil, createdMilliseconds: UInt64 = 0) {
        self.key = key
        self.action = action
        self.before = before
        self.createdMilliseconds = createdMilliseconds
    }

    static let version: UInt8 = 1
    private static let headBytes = 40

    var encoded: [UInt8] {
        let keyCount = key.text.utf8.count
        var (kind, values, metadata): (UInt8, [Float], [UInt8]) = (2, [], [])
        if case .put(let vector, let encoded) = action { (kind, values, metadata) = (1, vector, encoded) }
        var out: [UInt8] = [Self.version, kind, state.rawValue, before == nil ? 0 : 1]
        out.reserveCapacity(Self.headBytes + keyCount + 4 * values.count + metadata.count + 8)
        out.appendInteger(sentCount)
        out.appendInteger(createdMilliseconds)
        out.appendInteger(before?.low ?? 0)
        out.appendInteger(before?.high ?? 0)
        out.appendInteger(UInt16(keyCount))
        out.appendInteger(UInt16(0))
        out.appendInteger(UInt32(values.count))
        out.append(contentsOf: key.text.utf8)
        for value in values { out.appendInteger(value.bitPattern) }
        out.append(contentsOf: metadata)
        out.appendInteger(unsafe out.withUnsafeBytes { unsafe mv_hash64($0.baseAddress, $0.count, 0) })
        return out
    }

    /// - Throws: ``StorageError/damaged(path:what:)``, whatever the bytes are.
    init(encoded bytes: UnsafeRawBufferPointer, number: UInt64, path: String) throws(StorageError) {
        let damaged = StorageError.damaged(path: path, what: "intent \(number) of \(bytes.count) bytes cannot be read")
        let end = bytes.count - 8
        guard end >= Self.headBytes, unsafe bytes[0] == Self.version, let state = unsafe State(rawValue: bytes[2]),
            unsafe bytes.integer(at: end, UInt64.self) == mv_hash64(bytes.baseAddress, end, 0)
        else { throw damaged }
        let keyCount = unsafe Int(bytes.integer(at: 32, UInt16.self))
        let valueCount = unsafe Int(bytes.integer(at: 36, UInt32.self))
        let valuesAt = Self.headBytes + keyCount, metadataAt = valuesAt + 4 * valueCount
        guard metadataAt <= end,
            let key = try? VectorKey(unsafe String(decoding: bytes[Self.headBytes..<valuesAt], as: UTF8.self))
        else { throw damaged }
        switch unsafe bytes[1] {
        case 1:
            let values = (0..<valueCount).map {
                unsafe Float(bitPattern: bytes.integer(at: valuesAt + 4 * $0, UInt32.self))
            }
            action = unsafe .put(values: values, encodedMetadata: Array(bytes[metadataAt..<end]))
        case 2 where metadataAt == end && valueCount == 0:
            action = .delete
        default:
            throw damaged
        }
        self.key = key
        self.state = state
        before =
            unsafe bytes[3] == 0
            ? nil : Fingerprint(low: bytes.integer(at: 16, UInt64.self), high: bytes.integer(at: 24, UInt64.self))
        sentCount = unsafe bytes.integer(at: 4, UInt32.self)
        createdMilliseconds = unsafe bytes.integer(at: 8, UInt64.self)
    }
}
