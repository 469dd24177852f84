/// What is wrong with a vector file, where, and how to go on.
public struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    /// The record or line that could not be read, from 0 or 1 as ``unit`` says; all before it were delivered.
    public let record: Int
    public let unit: String
    public let byteOffset: Int
    public let why: String

    public init(file: String, record: Int, unit: String = "record", byteOffset: Int, why: String) {
        self.file = file
        self.record = record
        self.unit = unit
        self.byteOffset = byteOffset
        self.why = why
    }

    /// Stable, for tests and programs.
    public var code: String { "format" }
    public var description: String { "\(file): \(unit) \(record) (byte \(byteOffset)): \(why)" }
}
