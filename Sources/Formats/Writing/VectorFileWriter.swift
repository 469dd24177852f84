public import Vectors

/// A vector file that is being written: `.jsonl`, `.npy` (float32) or `.fvecs`.
///
/// A file appears under its name when ``finish()`` has returned, whole and synced; a writer that goes before leaves
/// nothing behind. The standard output is written as records come.
public final class VectorFileWriter {
    public let format: FileFormat
    public let dimension: Int
    public private(set) var count = 0
    private let file: OutputFile

    /// - Parameters:
    ///   - path: `-` is the standard output.
    ///   - format: nil goes by the name; `-` is JSON lines.
    /// - Throws: ``FormatError`` for a format that cannot be written there, and for a file that exists unless
    ///   `mayOverwrite`.
    public init(
        path: String, format: FileFormat? = nil, dimension: Int, mayOverwrite: Bool = false
    ) throws(FormatError) {
        guard let format = format ?? FileFormat(path: path) else {
            throw FormatError(
                file: path,
                .cannotWrite(why: "its name does not say what to write: .jsonl, .npy and .fvecs are possible"))
        }
        guard format != .bvecs else {
            throw FormatError(
                file: path, .cannotWrite(why: ".bvecs holds bytes and no float32; .jsonl, .npy and .fvecs are possible")
            )
        }
        guard format != .npy || path != "-" else {
            throw FormatError(
                file: "standard output",
                .cannotWrite(why: ".npy says its count at its beginning, which a pipe cannot go back to; name a file"))
        }
        self.format = format
        self.dimension = dimension
        file = try OutputFile(path: path, mayOverwrite: mayOverwrite)
        if format == .npy {
            try file.append { $0.append(contentsOf: NumpyHeader.bytes(rowCount: 0, dimension: dimension)) }
        }
    }

    /// Appends a record. `.npy` and `.fvecs` keep the vector alone.
    ///
    /// - Parameter values: `dimension` finite values.
    public func append(key: VectorKey, values: [Float], metadata: Metadata = Metadata()) throws(FormatError) {
        guard values.count == dimension else {
            throw FormatError(
                file: file.name,
                .cannotWrite(why: "vector \(count) has \(values.count) values; the file holds \(dimension)"))
        }
        try file.append { bytes in
            switch format {
            case .jsonl: RecordLine.append(key: key, values: values, metadata: metadata, to: &bytes)
            case .fvecs, .bvecs:
                Self.append([Int32(dimension)], to: &bytes)
                Self.append(values, to: &bytes)
            case .npy: Self.append(values, to: &bytes)
            }
        }
        count += 1
    }

    /// Ends the file.
    public func finish() throws(FormatError) {
        if format == .npy { try file.rewriteHead(NumpyHeader.bytes(rowCount: count, dimension: dimension)) }
        try file.finish()
    }

    /// Numbers as they lie in memory: little-endian on every machine that this builds for, as the formats are.
    private static func append<Number: BitwiseCopyable>(_ numbers: [Number], to bytes: inout [UInt8]) {
        unsafe numbers.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
}
