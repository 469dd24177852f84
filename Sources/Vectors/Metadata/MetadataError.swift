/// Why metadata is refused. Nothing was changed.
public enum MetadataError: Error, Equatable, Sendable {
    /// It is no JSON.
    case notJSON(JSONError)
    /// It is JSON, but no object.
    case notAnObject(found: String)
    /// A field is null or an object.
    case wrongType(field: String, found: String)
    /// An array holds something but strings, or something but numbers.
    case wrongElement(field: String, found: String)
    /// An array is empty.
    case emptyArray(field: String)
    /// A number is NaN or infinite.
    case notFinite(field: String)
    /// The rest was not counted.
    case tooManyFields(atLeast: Int)
    /// More than 40,960 bytes.
    case tooLarge(byteCount: Int)
    /// What can be filtered is more than 2,048 bytes.
    case filterableTooLarge(byteCount: Int)
    /// The stored form is damaged: not a caller's error.
    case damaged(Damage)

    /// What a reader of the stored form met.
    public enum Damage: String, Sendable {
        /// Written by another version.
        case version = "its version is unknown"
        /// Bytes are missing.
        case endsEarly = "it ends early"
        /// Bytes are left over.
        case trailing = "bytes follow it"
        /// A length is wrong.
        case length = "a number is written in more bytes than it needs, or a length is beyond its end"
        /// A string is wrong.
        case text = "a string is not UTF-8"
        /// A type is unknown.
        case type = "a value has an unknown type"
        /// Metadata of this form would have been refused.
        case rules = "it breaks the rules of metadata"
    }
}

extension MetadataError: CustomStringConvertible {
    /// Stable, for tests and for the wire.
    public var code: String {
        switch self {
        case .notJSON: "metadata_not_json"
        case .notAnObject: "metadata_not_object"
        case .wrongType: "metadata_type"
        case .wrongElement: "metadata_element"
        case .emptyArray: "metadata_empty_array"
        case .notFinite: "metadata_not_finite"
        case .tooManyFields: "metadata_fields"
        case .tooLarge: "metadata_size"
        case .filterableTooLarge: "metadata_filterable_size"
        case .damaged: "metadata_damaged"
        }
    }

    /// What S3 Vectors says of it, to the letter; nil where it was not seen to say anything. On the wire it stands
    /// behind "Invalid record for key 'K': ".
    public var serviceText: String? {
        switch self {
        case .wrongType: "Metadata values must be strings, numbers, booleans, or arrays"
        case .wrongElement: "Metadata array values must be strings or numbers"
        case .emptyArray: "Empty arrays are not allowed in metadata"
        case .tooManyFields: "Metadata object must have at most \(Metadata.fieldLimit) keys"
        case .tooLarge: "Metadata object must have at most \(Metadata.byteLimit) bytes"
        case .filterableTooLarge: "Filterable metadata must have at most \(Metadata.filterableByteLimit) bytes"
        case .notJSON, .notAnObject, .notFinite, .damaged: nil
        }
    }

    public var description: String { (serviceText.map { $0 + ": " } ?? "") + detail }

    private var detail: String {
        switch self {
        case .notJSON(let error):
            return "metadata is not JSON: \(error.why)"
        case .notAnObject(let found):
            return "metadata must be a JSON object, not \(found)"
        case .wrongType(let field, let found):
            return "field \(field.quotedForMessage) is \(found)"
        case .wrongElement(let field, let found):
            return "field \(field.quotedForMessage) holds \(found); an array is all strings or all numbers"
        case .emptyArray(let field):
            return "field \(field.quotedForMessage)"
        case .notFinite(let field):
            return "field \(field.quotedForMessage) has a number that is not finite; JSON has none such"
        case .tooManyFields(let count):
            return "it has \(count) or more"
        case .tooLarge(let byteCount):
            return "it has \(byteCount) (its compact JSON in UTF-8, and \(Metadata.byteOverhead))"
        case .filterableTooLarge(let byteCount):
            return "it has \(byteCount) (the compact JSON of its filterable part in UTF-8, and "
                + "\(Metadata.byteOverhead)); declare large fields non-filterable when the collection is created"
        case .damaged(let damage):
            return "stored metadata is damaged: \(damage.rawValue)"
        }
    }
}
