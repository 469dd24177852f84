/// The user's name of a vector: 1 to 1,024 characters, and at most 1,024 bytes of UTF-8.
///
/// Two keys are the same if and only if their bytes are: unlike `String`, which holds "é" in one and in two scalars
/// to be equal, S3 Vectors does not.
public struct VectorKey: Sendable, CustomStringConvertible {
    /// Bytes of UTF-8 that a key may have.
    public static let byteLimit = 1024

    /// The key itself.
    public let text: String

    /// - Throws: ``InputError/emptyKey`` or ``InputError/keyTooLong(byteCount:)``.
    public init(_ text: String) throws(InputError) {
        let byteCount = text.utf8.count
        guard byteCount > 0 else { throw .emptyKey }
        guard byteCount <= Self.byteLimit else { throw .keyTooLong(byteCount: byteCount) }
        self.text = text
    }

    public var description: String { text }
}

extension VectorKey: Hashable, Comparable {
    public static func == (a: VectorKey, b: VectorKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    public static func < (a: VectorKey, b: VectorKey) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
