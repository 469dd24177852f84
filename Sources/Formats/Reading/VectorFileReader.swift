/// How a vector file is read.
public struct ReadingOptions: Sendable {
    /// Nil goes by the name, then by the first bytes.
    public var format: FileFormat?
    /// The first record to give, from 0: where an earlier import stopped.
    public var from = 0
    /// What each vector must have; nil takes what the first has.
    public var dimension: Int?
    /// False for queries: the key of a JSON line that has none is its record's number.
    public var needsKeys = true
    /// A file of JSON lines with a key and metadata for each vector, `{"key": "doc-17", "metadata": {...}}`, for a
    /// format that has neither.
    public var keysPath: String?
    /// Looked at while a pipe is silent; true ends the wait with an error of the kind `interrupted`.
    public var isCancelled: @Sendable () -> Bool = { false }

    public init() {}
}

/// A file of vectors, read once from front to back in bounded memory.
///
///     let reader = try VectorFileReader(path: "base.fvecs")
///     while let batch = try reader.next(atMost: 10_000) { ... }
///
/// What is wrong in the middle comes as an error after everything before it has been given: ``FormatError/place`` says
/// where to go on. The error stays: every later call throws it again.
public final class VectorFileReader {
    public let format: FileFormat
    /// The path; "standard input" for `-`.
    public let name: String
    private let source: any RecordSource
    private var failure: FormatError?

    /// Opens a file and passes over the records before `options.from`.
    ///
    /// - Parameter path: `-` is the standard input, JSON lines unless `options.format` says otherwise.
    /// - Throws: ``FormatError``.
    public init(path: String, options: ReadingOptions = ReadingOptions()) throws(FormatError) {
        let stream = try ByteStream(path: path, isCancelled: options.isCancelled)
        name = stream.name
        if let named = options.format ?? FileFormat(path: path) {
            format = named
        } else {
            _ = try stream.fill(toHold: NumpyHeader.prefixBytes)
            guard let seen = FileFormat(firstBytes: stream.first(NumpyHeader.prefixBytes)) else {
                throw FormatError(file: name, .unknownFormat(hint: Self.hint(path)))
            }
            format = seen
        }
        let records: any RecordSource =
            switch format {
            case .fvecs, .bvecs: try VecsSource(stream, format: format)
            case .npy: try NumpySource(stream)
            case .jsonl: try JSONLinesSource(stream, options)
            }
        source = try Self.joined(records, options)
        // Said at the beginning and not after a gigabyte was skipped.
        if let found = source.dimension, let expected = options.dimension, found != expected {
            throw FormatError(
                file: name, place: source.position, .wrongDimension(found: found, expected: expected))
        }
        try source.skip(options.from)
    }

    private static func joined(
        _ records: any RecordSource, _ options: ReadingOptions
    ) throws(FormatError) -> any RecordSource {
        guard let path = options.keysPath else { return records }
        let lines = try ByteStream(path: path, isCancelled: options.isCancelled)
        guard !records.hasKeys else {
            throw FormatError(file: lines.name, .refused(why: "the vectors have keys of their own"))
        }
        return KeyedSource(records, keys: try JSONLinesSource(lines, options, hasVectors: false))
    }

    /// Values of each vector; nil as long as no record has been seen and none was asked for.
    public var dimension: Int? { source.dimension }
    /// Records of the whole file; nil where only reading it can tell.
    public var recordCount: Int? { source.recordCount }
    /// Where the next record begins.
    public var position: RecordPosition { source.position }

    /// The next records, at most `maximum`; nil after the last.
    ///
    /// - Throws: ``FormatError`` once everything before the broken record has been given.
    public func next(atMost maximum: Int) throws(FormatError) -> VectorBatch? {
        precondition(maximum > 0, "a batch of \(maximum) records")
        if let failure { throw failure }
        var batch = VectorBatch(dimension: source.dimension ?? 0, start: source.position)
        if source.hasKeys {
            batch.keys = []
            batch.metadata = []
        }
        do {
            try source.append(to: &batch, upTo: maximum)
        } catch {
            failure = error
            if batch.count == 0 { throw error }
        }
        return batch.count == 0 ? nil : batch
    }

    private static func hint(_ path: String) -> String {
        let formats = FileFormat.allCases.map { ".\($0)" }.joined(separator: ", ")
        if path.hasSuffix(".parquet") { return "read it with tools/import-parquet \(path) | memvec import FOLDER -" }
        if path.hasSuffix(".gz") { return "unpack it: gunzip --stdout \(path) | memvec import FOLDER -" }
        return "\(formats) can be read; say which it is with --format"
    }
}

extension VectorFileReader {
    /// The first vectors of a file, at most `limit`: for files that are small enough to be held.
    ///
    /// - Throws: ``FormatError``.
    public static func vectors(of path: String, limit: Int) throws(FormatError) -> [[Float]] {
        let reader = try VectorFileReader(path: path)
        var out: [[Float]] = []
        while out.count < limit, let batch = try reader.next(atMost: min(10_000, limit - out.count)) {
            for i in 0..<batch.count { out.append(Array(batch.vector(at: i))) }
        }
        return out
    }
}
