import Testing
import Vectors

@Suite("metadata")
struct MetadataTests {
    static let accepted = [
        "{}", #"{"a":"x","b":1,"c":1.5,"d":true,"e":false}"#, #"{"a":["x","x",""],"b":[1,2.5,-3,1]}"#,
        #"{"":1,"$eq":2,"a.b":3,"\u0000":4}"#, #"{"a":18446744073709551615,"b":123456789012345678901234567890}"#,
        #"{"e\u0301":1,"\u00e9":2}"#, "{\"\(String(repeating: "k", count: 1_024))\":1}",
    ]

    @Test("strings, numbers, booleans and plain arrays are taken under any name", arguments: accepted)
    func accepts(json: String) throws {
        let metadata = try Metadata(json: json)
        #expect(metadata.byteCount == metadata.json.utf8.count + 5)
        #expect(try Metadata(json: metadata.json) == metadata)
        try metadata.checkLimits(nonFilterable: [])
    }

    static let refused: [(json: String, error: MetadataError)] = [
        ("[]", .notAnObject(found: "an empty array")), ("1", .notAnObject(found: "the number 1")),
        (#"{"a":null}"#, .wrongType(field: "a", found: "null")),
        (#"{"a":{"b":1}}"#, .wrongType(field: "a", found: "an object")),
        (#"{"a":[]}"#, .emptyArray(field: "a")),
        (#"{"a":["x",1]}"#, .wrongElement(field: "a", found: "the number 1")),
        (#"{"a":[1,"x"]}"#, .wrongElement(field: "a", found: "the string \"x\"")),
        (#"{"a":[true]}"#, .wrongElement(field: "a", found: "the boolean true")),
        (#"{"a":[1,null]}"#, .wrongElement(field: "a", found: "null")),
        (#"{"a":["x",["y"]]}"#, .wrongElement(field: "a", found: "an array")),
        (#"{"a":[{}]}"#, .wrongElement(field: "a", found: "an empty object")),
        (#"{"a":1"#, .notJSON(JSONError(.endsEarly, byteOffset: 6))),
        (#"{"a":"\ud800"}"#, .notJSON(JSONError(.loneSurrogate, byteOffset: 6))),
    ]

    @Test("other values are refused by field and value", arguments: refused)
    func refuses(json: String, error: MetadataError) {
        #expect(throws: error) { try Metadata(json: json) }
    }

    @Test("the service's own text comes first, then what it met")
    func messages() {
        func text(_ json: String) -> String {
            do { return try Metadata(json: json).json } catch { return error.description }
        }
        #expect(
            text(#"{"a":null}"#)
                == #"Metadata values must be strings, numbers, booleans, or arrays: field "a" is null"#)
        #expect(text(#"{"a":[]}"#) == #"Empty arrays are not allowed in metadata: field "a""#)
        #expect(
            text(#"{"a":[1,"2"]}"#) == "Metadata array values must be strings or numbers: field \"a\" holds the "
                + "string \"2\"; an array is all strings or all numbers")
        #expect(text("{") == "metadata is not JSON: the text ends inside a value at byte 1")
        let fields = (0..<51).map { "\"\($0)\":1" }.joined(separator: ",")
        #expect(text("{\(fields)}") == "Metadata object must have at most 50 keys: it has 51 or more")
    }

    @Test("50 fields are taken and 51 refused; a name that is there twice counts once, with its last value")
    func fieldLimit() throws {
        func object(_ count: Int) -> JSONValue {
            .object((0..<count).map { .init("f\($0 % 50)", .integer(Int64($0))) } + [.init("f0", .boolean(true))])
        }
        let metadata = try Metadata(object(50))
        #expect(metadata.fields.count == 50)
        #expect(metadata["f0"] == .boolean(true) && metadata["f1"] == .integer(1))
        #expect(try Metadata(object(1_000_000)).fields.count == 50)
        let many = JSONValue.object((0..<51).map { .init("f\($0)", .integer(1)) })
        #expect(throws: MetadataError.tooManyFields(atLeast: 51)) { try Metadata(many) }
    }

    /// `{"f":"xxx"}` takes 8 bytes and its xs; S3 Vectors adds 5.
    func metadata(byteCount: Int, field: String = "f", filler: String = "x") throws -> Metadata {
        let room = byteCount - 5 - 8
        let text =
            String(repeating: filler, count: room / filler.utf8.count)
            + String(repeating: "x", count: room % filler.utf8.count)
        return try Metadata(.object([.init(field, .string(text))]))
    }

    @Test(
        "2,048 filterable bytes are taken and 2,049 refused, counted in UTF-8", arguments: ["x", "\u{e9}", "\u{1F600}"])
    func filterableLimit(filler: String) throws {
        let full = try metadata(byteCount: 2_048, filler: filler)
        #expect(full.byteCount == 2_048)
        try full.checkLimits(nonFilterable: [])
        let over = try metadata(byteCount: 2_049, filler: filler)
        #expect(throws: MetadataError.filterableTooLarge(byteCount: 2_049)) { try over.checkLimits(nonFilterable: []) }
        try over.checkLimits(nonFilterable: ["f"])
        #expect(over.filterableByteCount(nonFilterable: ["f"]) == 7)
    }

    @Test("a non-filterable key is meant by its bytes")
    func nonFilterableByBytes() throws {
        let over = try Metadata(.object([.init("\u{e9}", .string(String(repeating: "x", count: 3_000)))]))
        try over.checkLimits(nonFilterable: ["\u{e9}"])
        #expect(throws: MetadataError.self) { try over.checkLimits(nonFilterable: ["e\u{301}"]) }
        #expect(over["e\u{301}"] == nil)
    }

    @Test("40,960 bytes are taken and 40,961 refused")
    func byteLimit() throws {
        #expect(try metadata(byteCount: 40_960).byteCount == 40_960)
        #expect(throws: MetadataError.tooLarge(byteCount: 40_961)) { try metadata(byteCount: 40_961) }
        // Escapes are counted as they are written.
        let quotes = String(repeating: "\"", count: 20_500)
        #expect(throws: MetadataError.tooLarge(byteCount: 41_013)) {
            try Metadata(.object([.init("f", .string(quotes))]))
        }
    }

    @Test("a number that no JSON holds is refused, alone and in an array")
    func notFinite() {
        for value in [JSONValue.number(.nan), .array([.integer(1), .number(.infinity)])] {
            #expect(throws: MetadataError.notFinite(field: "n")) { try Metadata(.object([.init("n", value)])) }
        }
    }

    @Test("a field is found by its bytes, and equality knows no order")
    func lookupAndEquality() throws {
        let a = try Metadata(json: #"{"x":1,"y":"b","\u00e9":true}"#)
        let b = try Metadata(json: #"{"\u00e9":true,"y":"b","x":1}"#)
        #expect(a["x"] == .integer(1) && a["y"] == .string("b") && a["\u{e9}"] == .boolean(true))
        #expect(a["z"] == nil && a["e\u{301}"] == nil)
        #expect(a == b)
        #expect(a != (try Metadata(json: #"{"x":1.0,"y":"b","\u00e9":true}"#)))
        #expect(a != (try Metadata(json: #"{"x":1,"y":"b"}"#)))
        #expect(a != (try Metadata(json: #"{"x":1,"y":"b","e\u0301":true}"#)))
    }

    @Test("numbers keep what the JSON said")
    func numberFidelity() throws {
        let json = #"{"a":9007199254740993,"b":1.0,"c":1,"d":18446744073709551615,"e":-0.0,"f":1e+16}"#
        #expect(try Metadata(json: json).json == json)
        #expect(try Metadata(encoded: Metadata(json: json).encoded).json == json)
    }

    @Test("postings are each filterable field with each of its distinct values")
    func postings() throws {
        let metadata = try Metadata(
            json: #"{"a":[1,2,1.0,1],"b":"x","c":["\u00e9","e\u0301","\u00e9"],"d":true,"secret":"s"}"#)
        let found = metadata.postings(excluding: ["secret"]).map { "\($0.field) \($0.value)" }
        #expect(
            found == [
                "a number(1.0)", "a number(2.0)", #"b string("x")"#, "c string(\"\u{e9}\")", "c string(\"e\u{301}\")",
                "d boolean(true)",
            ])
    }

    @Test("order keys sort as the numbers do")
    func orderKeys() {
        let numbers = [
            -Double.infinity, -.greatestFiniteMagnitude, -1e10, -2, -1, -0.5, -Double.leastNonzeroMagnitude, 0,
            .leastNonzeroMagnitude, 0.5, 1, 2, 1e10,
            .greatestFiniteMagnitude, .infinity,
        ]
        let keys = numbers.map(FilterScalar.orderKey)
        #expect(keys == keys.sorted() && Set(keys).count == keys.count)
        #expect(FilterScalar.orderKey(-0.0) == FilterScalar.orderKey(0))
        #expect(FilterScalar.orderKey(0) == 0x8000_0000_0000_0000)
    }
}
