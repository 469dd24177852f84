import Testing
import Vectors

@Suite("reading JSON")
struct JSONReadingTests {
    static let values: [(text: String, value: JSONValue)] = [
        ("null", .null), (" true\n", .boolean(true)), ("false", .boolean(false)),
        ("0", .integer(0)), ("-0", .integer(0)), ("-0.0", .number(-0.0)), ("1.0", .number(1)), ("1e2", .number(100)),
        ("1E+2", .number(100)), ("9007199254740993", .integer(9_007_199_254_740_993)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
        ("18446744073709551616", .number(18_446_744_073_709_551_616)),
        ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        ("[123456789012345678901234567890,1]", .array([.number(1.2345678901234568e29), .integer(1)])),
        (
            #"{"12345678901234567890123":"\"12345678901234567890123","b":-99999999999999999999}"#,
            .object([
                .init("12345678901234567890123", .string("\"12345678901234567890123")), .init("b", .number(-1e20)),
            ])
        ),
        ("4.9e-324", .number(.leastNonzeroMagnitude)), ("1e-400", .number(0)), ("0.1", .number(0.1)),
        (#""""#, .string("")), (#""\u0000\u00e9\/\b\f""#, .string("\u{0}\u{e9}/\u{8}\u{c}")),
        (#""\ud83d\ude00""#, .string("\u{1F600}")), ("\"\u{1F600}\u{7f}\"", .string("\u{1F600}\u{7f}")),
        ("[]", .array([])), ("{}", .object([])),
        ("[1,[2,[]]]", .array([.integer(1), .array([.integer(2), .array([])])])),
        (
            #"{"b":1,"a":2,"b":3}"#,
            .object([.init("b", .integer(1)), .init("a", .integer(2)), .init("b", .integer(3))])
        ),
    ]

    @Test("a text is read as what it says", arguments: values)
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONValue(text) == value)
    }

    static let refusals: [(text: String, code: JSONError.Code, byteOffset: Int)] = [
        ("", .empty, 0), (" \n", .empty, 0),
        ("[1,]", .syntax, 3), (#"{"a":1,}"#, .syntax, 7), (#"{"a" 1}"#, .syntax, 5), ("[1 2]", .syntax, 3),
        ("{1:2}", .syntax, 1), ("NaN", .syntax, 0), ("Infinity", .syntax, 0), ("-Infinity", .badNumber, 0),
        ("nul", .endsEarly, 3), ("nulx", .syntax, 3), ("'a'", .syntax, 0), ("\u{feff}1", .syntax, 0),
        ("[", .endsEarly, 1), (#"{"a":"#, .endsEarly, 5), (#""abc"#, .endsEarly, 4), ("-", .endsEarly, 1),
        ("1 2", .trailing, 2), ("[1]]", .trailing, 3), ("true x", .trailing, 5), ("1\u{0}", .trailing, 1),
        ("[1.]", .badNumber, 1), ("[+1]", .syntax, 1), ("[.5]", .syntax, 1),
        ("[1e]", .badNumber, 1), ("1e400", .numberTooLarge, 0), ("[-1e999]", .numberTooLarge, 1),
        ("[0.001e312]", .numberTooLarge, 1), (#""\x""#, .badEscape, 1), (#""\u00g0""#, .badEscape, 1),
        ("\"a\nb\"", .controlCharacter, 2),
        (#"["a\ud800"]"#, .loneSurrogate, 3), (#""\udc00""#, .loneSurrogate, 1),
        (#""\ud800\u0041""#, .loneSurrogate, 1),
        (#""\ud800\ud800""#, .loneSurrogate, 1), (#"{"\ude00":1}"#, .loneSurrogate, 2),
    ]

    @Test("a text that is no JSON is refused with the rule and the byte", arguments: refusals)
    func refuses(text: String, code: JSONError.Code, byteOffset: Int) {
        #expect(throws: JSONError(code, byteOffset: byteOffset)) { try JSONValue(text) }
    }

    static let brokenUTF8: [[UInt8]] = [
        [0xFF], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82],
    ]

    @Test("bytes that are not UTF-8 are refused", arguments: brokenUTF8)
    func refusesBrokenUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError(.badUTF8, byteOffset: 2)) { try JSONValue(bytes: Array("\"a".utf8) + bytes + [0x22]) }
    }

    @Test("128 levels are read and 129 are refused")
    func depthLimit() throws {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try JSONValue(deep).text == deep)
        #expect(throws: JSONError(.tooDeep, byteOffset: 128)) { try JSONValue("[" + deep + "]") }
        let objects = String(repeating: #"{"a":"#, count: 129) + "1" + String(repeating: "}", count: 129)
        #expect(throws: JSONError(.tooDeep, byteOffset: 640)) { try JSONValue(objects) }
    }

    @Test("a million brackets end in an error, not in a stack overflow")
    func manyBrackets() {
        for bracket in ["[", "{\"a\":", "[[{\"b\":"] {
            #expect(throws: JSONError.self) { try JSONValue(String(repeating: bracket, count: 1_000_000)) }
        }
    }

    @Test("a value is found by the bytes of its name, the last of several")
    func memberByName() throws {
        let value = try JSONValue(#"{"\u00e9":1,"e\u0301":2,"a":3,"a":4}"#)
        #expect(value["\u{e9}"] == .integer(1))
        #expect(value["e\u{301}"] == .integer(2))
        #expect(value["a"] == .integer(4))
        #expect(value["b"] == nil)
        #expect(JSONValue.null["a"] == nil)
    }

    @Test("values are equal by their bytes: neither 1 and 1.0, nor two spellings of one letter")
    func equality() {
        #expect(JSONValue.integer(1) != .number(1))
        #expect(JSONValue.number(0) != .number(-0.0))
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(JSONValue.object([.init("\u{e9}", .null)]) != .object([.init("e\u{301}", .null)]))
        #expect(JSONValue.array([.null, .unsigned(.max)]) == .array([.null, .unsigned(.max)]))
    }

    @Test("an error says what and where, and every code says something of its own")
    func messages() {
        let error = #expect(throws: JSONError.self) { try JSONValue("[1,]") }
        #expect(error?.description == "not JSON: something else is expected at byte 3")
        #expect(Set(JSONError.Code.allCases.map { JSONError($0).why }).count == JSONError.Code.allCases.count)
        #expect(Set(JSONError.Code.allCases.map(\.rawValue)).count == JSONError.Code.allCases.count)
    }

    @Test("a summary names short values, cuts long ones, and lets no control character through")
    func summaries() {
        #expect(JSONValue.string("2020").summary == "the string \"2020\"")
        #expect(JSONValue.integer(5).summary == "the number 5")
        #expect(JSONValue.boolean(true).summary == "the boolean true")
        #expect(JSONValue.string("\u{1b}[31m").summary == #"the string "\u001b[31m""#)
        let marks = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(JSONValue.string(marks).summary.unicodeScalars.count < 90)
        #expect(JSONValue.array([]).summary == "an empty array")
    }
}
