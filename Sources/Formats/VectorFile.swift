public import Vectors

/// Some vectors out of a file, in its order.
public struct VectorBatch: Sendable {
    /// The number of the first, from 0.
    public var firstRecord: Int
    public var count: Int
    /// `dimension` values each, one behind the other.
    public var values: [Float]
    public var dimension: Int
    /// Nil where the format has none: the record's number is its key then.
    public var keys: [String]?
    /// Nil where the format has none.
    public var metadata: [Metadata]?

    public func key(_ position: Int) -> String { keys?[position] ?? "\(firstRecord + position)" }
    public func vector(_ position: Int) -> ArraySlice<Float> {
        values[position * dimension..<(position + 1) * dimension]
    }
}

/// A file of vectors, read forward.
public protocol VectorFileReader: AnyObject {
    /// Up to `limit` vectors more; nil after the last.
    ///
    /// - Throws: ``FormatError``. What was given before is right, and the error says where to go on.
    func next(_ limit: Int) throws(FormatError) -> VectorBatch?
    /// Passes over `count` records.
    func skip(_ count: Int) throws(FormatError)
    /// How many there are in all; nil when it cannot be known before they are read.
    var recordCount: Int? { get }
}

/// The formats by the ends of their names.
public enum VectorFile {
    public static let formats = ["fvecs", "bvecs", "npy", "jsonl"]

    /// Opens `path`; `-` is standard input, JSON lines.
    ///
    /// - Parameter format: one of ``formats``; nil goes by the end of the name.
    /// - Throws: ``FormatError``.
    public static func open(_ path: String, format: String? = nil) throws(FormatError) -> any VectorFileReader {
        let kind = format ?? (path == "-" ? "jsonl" : String(path.split(separator: ".").last ?? ""))
        switch kind {
        case "fvecs": return try VecsReader(path, elementBytes: 4)
        case "bvecs": return try VecsReader(path, elementBytes: 1)
        case "npy": return try NumpyReader(path)
        case "jsonl", "json", "ndjson": return try JSONLinesReader(path)
        default:
            throw FormatError(
                file: path, record: 0, byteOffset: 0,
                why: "its name does not say what it is; name one of \(formats.joined(separator: ", ")) by --format. "
                    + "Parquet goes through tools/import-parquet")
        }
    }
}
