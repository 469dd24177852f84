/// The keys of the candidates of many lines, without a `String` for each.
public struct CandidateKeys: Sendable {
    /// UTF-8, one key behind the other.
    public private(set) var bytes: [UInt8] = []
    /// Where each key ends in ``bytes``.
    public private(set) var ends: [UInt32] = []
    /// How many keys there are up to the end of each line.
    public private(set) var lineEnds: [UInt32] = []

    /// No lines yet.
    public init() {}

    /// Keys of all lines.
    public var count: Int { ends.count }
    /// Lines that were ended.
    public var lineCount: Int { lineEnds.count }

    /// Of a key in ``bytes``.
    public func range(of key: Int) -> Range<Int> { (key == 0 ? 0 : Int(ends[key - 1]))..<Int(ends[key]) }

    /// The keys of a line.
    public func keys(ofLine line: Int) -> Range<Int> {
        (line == 0 ? 0 : Int(lineEnds[line - 1]))..<Int(lineEnds[line])
    }

    /// A key as a string.
    public func text(of key: Int) -> String { String(decoding: bytes[range(of: key)], as: UTF8.self) }

    /// Adds a key to the line that is not ended yet.
    ///
    /// - Throws: ``InputError/emptyKey``, ``InputError/keyTooLong(byteCount:)``.
    public mutating func append(_ key: String) throws(InputError) {
        try Self.check(key.utf8.count)
        bytes.append(contentsOf: key.utf8)
        ends.append(UInt32(bytes.count))
    }

    /// Adds a key that `write` appends as UTF-8.
    ///
    /// - Throws: as above; nothing is added then.
    public mutating func append(writtenBy write: (inout [UInt8]) -> Void) throws(InputError) {
        let old = bytes.count
        write(&bytes)
        do {
            try Self.check(bytes.count - old)
        } catch {
            bytes.removeLast(bytes.count - old)
            throw error
        }
        ends.append(UInt32(bytes.count))
    }

    /// Ends the line: keys that are appended now belong to the next.
    public mutating func endLine() { lineEnds.append(UInt32(ends.count)) }

    /// Forgets the keys of the line that is not ended.
    public mutating func dropLine() {
        let kept = Int(lineEnds.last ?? 0)
        bytes.removeLast(bytes.count - (kept == 0 ? 0 : Int(ends[kept - 1])))
        ends.removeLast(ends.count - kept)
    }

    private static func check(_ byteCount: Int) throws(InputError) {
        guard byteCount > 0 else { throw .emptyKey }
        guard byteCount <= VectorKey.byteLimit else { throw .keyTooLong(byteCount: byteCount) }
    }
}
