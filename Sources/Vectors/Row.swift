/// One *version* of one key's vector: a number given once, and never given again in this generation of the folder.
///
/// A row's vector never changes. An overwrite of its key makes a new row and kills this one, so whatever holds bytes
/// by row can be out of date in one way only: the row is dead.
public struct Row: BitwiseCopyable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Given once in a generation of a folder, in order, from 0.
    public let number: UInt32

    /// The row of that number.
    public init(_ number: UInt32) { self.number = number }

    public static func < (a: Row, b: Row) -> Bool { a.number < b.number }
    public var description: String { "row \(number)" }
}
