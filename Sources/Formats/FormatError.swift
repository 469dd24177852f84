/// What is wrong with a vector file, and where. All records before the place have been delivered.
public struct FormatError: Error, Equatable, Sendable {
    /// The path; "standard input" for `-`.
    public let file: String
    /// Nil when the file as a whole is meant.
    public let place: RecordPosition?
    public let problem: Problem

    public enum Problem: Equatable, Sendable {
        /// `operation` failed with `errno`.
        case file(operation: String, errno: Int32)
        /// Neither name nor first bytes say what the file is; `hint` is what may help.
        case unknownFormat(hint: String)
        /// The bytes are not of the format; `found` is what stands there instead.
        case notOfFormat(FileFormat, found: String)
        /// The file ends inside a record.
        case truncated(foundBytes: Int, recordBytes: Int)
        /// Bytes follow after the last record that the header promises.
        case trailingBytes(count: Int)
        /// `expected` is what the collection holds, or the file's first record.
        case wrongDimension(found: Int, expected: Int)
        case dimensionOutOfRange(Int)
        /// `value` is "NaN", "inf" or "-inf", after rounding to float32.
        case notFinite(position: Int, value: String)
        /// A `.npy` of a kind that holds no vectors: type, order or shape; `expected` says how to save it.
        case unsupportedArray(found: String, expected: String)
        case notJSON(why: String)
        case lineTooLong(limitBytes: Int)
        case missingField(String)
        /// A field of a JSON line is of another type, or unknown.
        case wrongField(String, found: String, expected: String)
        /// The key or metadata is refused; `why` is the engine's own text.
        case refused(why: String)
        /// Asked to begin at a record that the file does not have.
        case noSuchRecord(asked: Int, recordCount: Int)
        case interrupted
        /// What is to be written does not fit the format.
        case cannotWrite(why: String)
    }

    public init(file: String, place: RecordPosition? = nil, _ problem: Problem) {
        self.file = file
        self.place = place
        self.problem = problem
    }
}

extension FormatError: CustomStringConvertible {
    /// Stable, for tests and programs.
    public var code: String {
        switch problem {
        case .file: "file"
        case .unknownFormat: "unknown_format"
        case .notOfFormat: "not_of_format"
        case .truncated: "truncated"
        case .trailingBytes: "trailing_bytes"
        case .wrongDimension: "wrong_dimension"
        case .dimensionOutOfRange: "dimension_out_of_range"
        case .notFinite: "not_finite"
        case .unsupportedArray: "unsupported_array"
        case .notJSON: "not_json"
        case .lineTooLong: "line_too_long"
        case .missingField: "missing_field"
        case .wrongField: "wrong_field"
        case .refused: "refused"
        case .noSuchRecord: "no_such_record"
        case .interrupted: "interrupted"
        case .cannotWrite: "cannot_write"
        }
    }

    /// One line: file, place, what was found, and how to go on.
    public var description: String {
        var text = file
        if let place { text += ": \(place)" }
        text += ": \(said)"
        if let place, place.record > 0, let way = wayOn(from: place) { text += "; \(way)" }
        return text
    }

    private var said: String {
        switch problem {
        case .file(let operation, let errno):
            "\(operation) failed: \(SystemText.of(errno)) (errno \(errno))"
        case .unknownFormat(let hint):
            "not a known vector file: \(hint)"
        case .notOfFormat(let format, let found):
            "this is no .\(format) file: \(found)"
        case .truncated(let foundBytes, let recordBytes):
            "the file ends after \(foundBytes) of the record's \(recordBytes) bytes: it is truncated"
        case .trailingBytes(let count):
            "\(count) bytes follow after the last record that the header promises"
        case .wrongDimension(let found, let expected):
            "the vector has \(found) values instead of \(expected)"
        case .dimensionOutOfRange(let dimension):
            "dimension \(dimension) is out of range; 1 to \(RecordLimits.dimension) are possible"
        case .notFinite(let position, let value):
            "value \(position) of the vector is \(value); every value must be finite as a float32"
        case .unsupportedArray(let found, let expected):
            "the array is \(found); \(expected)"
        case .notJSON(let why):
            "the line is not JSON: \(why)"
        case .lineTooLong(let limitBytes):
            "the line is longer than \(limitBytes) bytes"
        case .missingField(let name):
            "the line has no field \"\(name)\""
        case .wrongField(let name, let found, let expected):
            "field \"\(name)\" is \(found); \(expected)"
        case .refused(let why):
            why
        case .noSuchRecord(let asked, let recordCount):
            "there is no record \(asked) to begin at: the file has \(recordCount)"
        case .interrupted:
            "interrupted"
        case .cannotWrite(let why):
            why
        }
    }

    private func wayOn(from place: RecordPosition) -> String? {
        let before = place.record == 1 ? "the record before it is" : "the \(place.record) records before it are"
        switch problem {
        case .interrupted:
            return "go on with --from \(place.record)"
        case .file, .truncated, .lineTooLong:
            return "\(before) right; mend the file and go on with --from \(place.record)"
        case .wrongDimension, .dimensionOutOfRange, .notFinite, .notJSON, .missingField, .wrongField, .refused:
            return "\(before) right; mend it and go on with --from \(place.record), "
                + "or leave it out with --from \(place.record + 1)"
        case .notOfFormat:
            return "\(before) right"
        default:
            return nil
        }
    }
}

/// What the engine takes; files that promise more are refused before memory is given to them.
enum RecordLimits {
    static let dimension = 4_096
    /// 40 KB of metadata, a key of 1 KB and 4,096 values of 24 characters, seven times over.
    static let lineBytes = 1 << 20
}
