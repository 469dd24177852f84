internal import CJSON

/// Text that is not one JSON value.
public struct JSONError: Error, Equatable, Sendable {
    /// Stable, for tests and for the wire.
    public enum Code: String, Sendable, CaseIterable {
        /// There is nothing.
        case empty = "json_empty"
        /// It is not JSON.
        case syntax = "json_syntax"
        /// It ends in the middle.
        case endsEarly = "json_ends_early"
        /// A number is not written as JSON has it.
        case badNumber = "json_bad_number"
        /// A number is beyond what a double holds.
        case numberTooLarge = "json_number_too_large"
        /// A backslash is followed by what is no escape.
        case badEscape = "json_bad_escape"
        /// A control character stands in a string as it is.
        case controlCharacter = "json_control_character"
        /// Half of a surrogate pair stands alone.
        case loneSurrogate = "json_lone_surrogate"
        /// A string is no UTF-8.
        case badUTF8 = "json_bad_utf8"
        /// It is nested too deeply.
        case tooDeep = "json_too_deep"
        /// Something follows the value.
        case trailing = "json_trailing"
        /// It is too large for one value.
        case textTooLarge = "json_text_too_large"
        /// There is no memory to read it.
        case noMemory = "json_no_memory"
        /// The parser says something else.
        case unknown = "json_unknown"
    }

    /// What is wrong.
    public let code: Code
    /// Of the byte at fault, from 0; nil where the place is not known.
    public let byteOffset: Int?

    /// An error at a byte of the text; nil where the place is not known.
    public init(_ code: Code, byteOffset: Int? = nil) {
        self.code = code
        self.byteOffset = byteOffset
    }

    init(status: Int32, offset: Int) {
        self.init(Self.codes[status] ?? .unknown, byteOffset: offset < 0 ? nil : offset)
    }

    /// What a slow reader finds first in `bytes`; nil if they are JSON. ``JSONValue`` asks it after a refusal.
    static func place(in bytes: [UInt8]) -> JSONError? {
        var offset = 0
        let status = unsafe bytes.withUnsafeBufferPointer { unsafe mvj_locate($0.baseAddress, $0.count, &offset) }
        return status == MVJ_FINE ? nil : JSONError(status: status, offset: offset)
    }

    private static let codes: [Int32: Code] = [
        Int32(MVJ_EMPTY): .empty, Int32(MVJ_SYNTAX): .syntax, Int32(MVJ_ENDS_EARLY): .endsEarly,
        Int32(MVJ_BAD_NUMBER): .badNumber, Int32(MVJ_NUMBER_TOO_LARGE): .numberTooLarge,
        Int32(MVJ_BAD_ESCAPE): .badEscape, Int32(MVJ_CONTROL_CHARACTER): .controlCharacter,
        Int32(MVJ_LONE_SURROGATE): .loneSurrogate, Int32(MVJ_BAD_UTF8): .badUTF8, Int32(MVJ_TOO_DEEP): .tooDeep,
        Int32(MVJ_TRAILING): .trailing, Int32(MVJ_TEXT_TOO_LARGE): .textTooLarge, Int32(MVJ_NO_MEMORY): .noMemory,
    ]
}

extension JSONError: CustomStringConvertible {
    /// What is wrong and where, without the words "not JSON".
    public var why: String { reason + (byteOffset.map { " at byte \($0)" } ?? "") }

    public var description: String { "not JSON: \(why)" }

    private var reason: String {
        switch code {
        case .empty: "there is no value"
        case .syntax: "something else is expected"
        case .endsEarly: "the text ends inside a value"
        case .badNumber: "a number is not written as JSON has it"
        case .numberTooLarge: "a number is beyond the range of double precision"
        case .badEscape: "a string has an unknown escape"
        case .controlCharacter: "a string has a control character that is not escaped"
        case .loneSurrogate: "a string has one half of a surrogate pair without the other"
        case .badUTF8: "the text is not UTF-8"
        case .tooDeep: "arrays and objects are nested deeper than \(MVJ_DEPTH_LIMIT)"
        case .trailing: "something follows the value"
        case .textTooLarge: "the text is too large for one value"
        case .noMemory: "there is no memory for it"
        case .unknown: "the parser failed"
        }
    }
}
