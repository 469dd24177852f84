/// Where a record begins.
public struct RecordPosition: Sendable, Equatable {
    /// From 0; what `--from` takes.
    public var record: Int
    /// From the beginning of the file, or of what came over standard input.
    public var byteOffset: Int
    /// From 1; nil in a file that has no lines.
    public var line: Int?

    public init(record: Int, byteOffset: Int, line: Int? = nil) {
        self.record = record
        self.byteOffset = byteOffset
        self.line = line
    }
}

extension RecordPosition: CustomStringConvertible {
    public var description: String {
        let line = line.map { ", line \($0)" } ?? ""
        return "record \(record)\(line) (byte \(byteOffset))"
    }
}
