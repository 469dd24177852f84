import Testing
import Vectors

@Suite("the grammar of filters")
struct FilterParsingTests {
    static let accepted: [(json: String, filter: Filter)] = [
        (#"{"a":"x"}"#, .field("a", [.equal(.string("x"))])),
        (#"{"a":1}"#, .field("a", [.equal(.number(1))])),
        (#"{"a":false}"#, .field("a", [.equal(.boolean(false))])),
        (#"{"":{"$ne":0.5}}"#, .field("", [.notEqual(.number(0.5))])),
        (#"{"loc.page":{"$eq":"p"}}"#, .field("loc.page", [.equal(.string("p"))])),
        (#"{"y":{"$gte":2000,"$lte":2010}}"#, .field("y", [.greaterOrEqual(2000), .lessOrEqual(2010)])),
        (#"{"y":{"$gt":-1.5,"$lt":1e3}}"#, .field("y", [.greater(-1.5), .less(1000)])),
        (#"{"a":{"$in":["x",1,true]}}"#, .field("a", [.among([.string("x"), .number(1), .boolean(true)])])),
        (#"{"a":{"$nin":[1]}}"#, .field("a", [.notAmong([.number(1)])])),
        (#"{"a":{"$exists":false}}"#, .field("a", [.exists(false)])),
        (#"{"a":{"$startsWith":""}}"#, .field("a", [.startsWith("")])),
        (#"{"$and":[{"a":1}]}"#, .and([.field("a", [.equal(.number(1))])])),
        (
            #"{"$or":[{"a":1},{"$and":[{"a":2},{"b":3}]}]}"#,
            .or([
                .field("a", [.equal(.number(1))]),
                .and([.field("a", [.equal(.number(2))]), .field("b", [.equal(.number(3))])]),
            ])
        ),
    ]

    @Test("what S3 Vectors takes is taken", arguments: accepted)
    func accepts(json: String, filter: Filter) throws {
        #expect(try Filter(json: json) == filter)
    }

    static let refused: [(json: String, code: String, path: String)] = [
        ("[]", "filter_not_object", ""), ("null", "filter_not_object", ""), ("{}", "filter_empty", ""),
        (#"{"a":1,"b":2}"#, "filter_several_members", ""), (#"{"a":1,"a":1}"#, "filter_several_members", ""),
        (#"{"$and":[{"a":1}],"a":1}"#, "filter_several_members", ""),
        (#"{"$or":[{"a":1},{"a":1,"b":2}]}"#, "filter_several_members", "$or[1]"),
        (#"{"$and":[]}"#, "filter_operand", "$and"), (#"{"$or":{"a":1}}"#, "filter_operand", "$or"),
        (#"{"$and":[{}]}"#, "filter_empty", "$and[0]"), (#"{"$and":[1]}"#, "filter_not_object", "$and[0]"),
        (#"{"$not":{"a":1}}"#, "filter_unknown_operator", "$not"),
        (#"{"$eq":1}"#, "filter_misplaced_operator", "$eq"),
        (#"{"$":1}"#, "filter_unknown_operator", "$"),
        ("{\"$\u{301}x\":1}", "filter_unknown_operator", "[\"$\u{301}x\"]"),
        (#"{"a":{"$and":[{"b":1}]}}"#, "filter_misplaced_operator", "a.$and"),
        (#"{"a":null}"#, "filter_no_operator", "a"), (#"{"a":[1]}"#, "filter_no_operator", "a"),
        (#"{"a":{}}"#, "filter_no_operator", "a"), (#"{"a":{"x":1}}"#, "filter_unknown_operator", "a.x"),
        (#"{"a":{"$regex":"x"}}"#, "filter_unknown_operator", "a.$regex"),
        (#"{"a":{"$EQ":1}}"#, "filter_unknown_operator", "a.$EQ"),
        (#"{"a":{"$gt":1,"$gt":2}}"#, "filter_repeated_operator", "a.$gt"),
        (#"{"a":{"$eq":null}}"#, "filter_operand", "a.$eq"), (#"{"a":{"$ne":[1]}}"#, "filter_operand", "a.$ne"),
        (#"{"a":{"$eq":{}}}"#, "filter_operand", "a.$eq"), (#"{"a":{"$gt":"1"}}"#, "filter_operand", "a.$gt"),
        (#"{"a":{"$gte":true}}"#, "filter_operand", "a.$gte"), (#"{"a":{"$lt":null}}"#, "filter_operand", "a.$lt"),
        (#"{"a":{"$lte":"NaN"}}"#, "filter_operand", "a.$lte"), (#"{"a":{"$in":[]}}"#, "filter_operand", "a.$in"),
        (#"{"a":{"$in":"x"}}"#, "filter_operand", "a.$in"),
        (#"{"a":{"$nin":[1,null]}}"#, "filter_operand", "a.$nin[1]"),
        (#"{"a":{"$in":[[1]]}}"#, "filter_operand", "a.$in[0]"),
        (#"{"a":{"$nin":[{}]}}"#, "filter_operand", "a.$nin[0]"),
        (#"{"a":{"$exists":"true"}}"#, "filter_operand", "a.$exists"),
        (#"{"a":{"$exists":1}}"#, "filter_operand", "a.$exists"),
        (#"{"a":{"$exists":null}}"#, "filter_operand", "a.$exists"),
        (#"{"a":{"$startsWith":1}}"#, "filter_operand", "a.$startsWith"),
        (#"{"$and":[{"a":1},{"x.y":{"$gt":"1"}}]}"#, "filter_operand", #"$and[1]["x.y"].$gt"#),
        (#"{"":{"$gt":"1"}}"#, "filter_operand", #"[""].$gt"#),
        (#"{"a":1"#, "filter_not_json", ""), (#"{"a":"\udc00"}"#, "filter_not_json", ""),
        (#"{"secret":1}"#, "filter_non_filterable", "secret"),
        (#"{"$or":[{"a":1},{"secret":{"$exists":true}}]}"#, "filter_non_filterable", "$or[1].secret"),
    ]

    @Test("what S3 Vectors refuses is refused, with the place", arguments: refused)
    func refuses(json: String, code: String, path: String) {
        let error = #expect(throws: FilterError.self) { try Filter(json: json, nonFilterable: ["secret"]) }
        #expect(error?.code == code && error?.path == path)
    }

    static let messages: [(json: String, text: String)] = [
        (
            #"{"$and":[{"a":1},{"year":{"$gte":"2020"}}]}"#,
            #"filter: operator "$gte" on field "year" needs a number, got the string "2020" (at $and[1].year.$gte)"#
        ),
        ("{}", "filter: a filter is not empty; leave it out to match everything"),
        (
            #"{"a":1,"b":2}"#,
            "filter: a filter has exactly one field or operator, this one has 2; join them by $and"
        ),
        (
            #"{"$eq":1}"#,
            #"filter: operator "$eq" needs a field before it: {"field": {"$eq": ...}} (at $eq)"#
        ),
        (#"{"$not":1}"#, #"filter: there is no operator "$not"; $and and $or are possible here (at $not)"#),
        (
            #"{"a":{"$or":[]}}"#,
            #"filter: operator "$or" joins filters and does not stand on field "a"; possible are $eq, $ne, $gt, $gte, "#
                + "$lt, $lte, $in, $nin, $exists, $startsWith (at a.$or)"
        ),
        (
            #"{"a":{}}"#,
            #"filter: field "a" needs a string, a number, a boolean or operators, got an empty object (at a)"#
        ),
        (
            #"{"a":{"$in":[1,null]}}"#,
            #"filter: operator "$in" on field "a" needs an array of strings, numbers and booleans, "#
                + "got null (at a.$in[1])"
        ),
        (#"{"a":"#, "filter: it is not JSON: the text ends inside a value at byte 5"),
        (
            #"{"secret":1}"#,
            #"filter: field "secret" was declared non-filterable when the collection was created (at secret)"#
        ),
    ]

    @Test("an error names operator, field, value and place", arguments: messages)
    func describes(json: String, text: String) {
        let error = #expect(throws: FilterError.self) { try Filter(json: json, nonFilterable: ["secret"]) }
        #expect(error?.description == text)
    }

    @Test("on the wire the service's text comes first")
    func wire() {
        let wrong = #expect(throws: FilterError.self) { try Filter(json: "{}") }
        #expect(wrong?.wireText == "Invalid filter: a filter is not empty; leave it out to match everything")
        let secret = #expect(throws: FilterError.self) { try Filter(json: #"{"s":1}"#, nonFilterable: ["s"]) }
        #expect(secret?.serviceText == "Invalid use of non-filterable metadata in filter")
        #expect(secret?.field == "s" && secret?.operatorName == nil)
    }

    @Test("a non-filterable field is meant by its bytes")
    func nonFilterableByBytes() throws {
        #expect(throws: FilterError.self) { try Filter(json: #"{"\u00e9":1}"#, nonFilterable: ["\u{e9}"]) }
        #expect(throws: Never.self) { try Filter(json: #"{"e\u0301":1}"#, nonFilterable: ["\u{e9}"]) }
    }

    @Test(
        "each value compared with is a constraint",
        arguments: [
            (#"{"a":1}"#, 1), (#"{"a":{"$in":[1,2,3]}}"#, 3), (#"{"$and":[{"a":1},{"b":2}]}"#, 2),
            (#"{"a":{"$gt":1,"$lt":2,"$nin":[5,6]}}"#, 4),
            (#"{"$or":[{"$and":[{"a":1},{"b":1}]},{"c":{"$exists":true}}]}"#, 3),
        ])
    func constraints(json: String, count: Int) throws {
        #expect(try Filter(json: json).constraintCount == count)
    }

    @Test("100 constraints pass the check of the service's limit and 101 do not; the engine takes both")
    func constraintLimit() throws {
        func filter(_ count: Int) throws -> Filter {
            try Filter(json: #"{"a":{"$in":[\#((0..<count).map(String.init).joined(separator: ","))]}}"#)
        }
        try filter(100).checkConstraintCount()
        let error = try #require(throws: FilterError.self) { try filter(101).checkConstraintCount() }
        #expect(error.problem == .tooManyConstraints(count: 101))
        #expect(error.description.hasPrefix("filter: it has 101 constraints, 100 are the limit"))
    }

    @Test("filters nest as deep as JSON does, and deeper ones are an error")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"$and":["#, count: depth) + #"{"a":1}"# + String(repeating: "]}", count: depth)
        }
        #expect(try Filter(json: nested(63)).constraintCount == 1)
        let error = #expect(throws: FilterError.self) { try Filter(json: nested(64)) }
        #expect(error?.code == "filter_not_json")
    }

    @Test(
        "its JSON has every operator spelled and gives the same filter",
        arguments: [
            (#"{"a":"x"}"#, #"{"a":{"$eq":"x"}}"#),
            (#"{"a":{"$gte":2000.0,"$lt":1.5}}"#, #"{"a":{"$gte":2000,"$lt":1.5}}"#),
            (
                #"{"$or":[{"a":{"$in":[true,1e3,"\u00e9"]}},{"b":{"$exists":false}}]}"#,
                "{\"$or\":[{\"a\":{\"$in\":[true,1000,\"\u{e9}\"]}},{\"b\":{\"$exists\":false}}]}"
            ),
            (#"{"a":{"$ne":9007199254740993}}"#, #"{"a":{"$ne":9007199254740992.0}}"#),
            (#"{"a":{"$nin":[-0.0]}}"#, #"{"a":{"$nin":[0]}}"#),
            (#"{"a":{"$startsWith":"p"}}"#, #"{"a":{"$startsWith":"p"}}"#),
        ])
    func canonicalJSON(json: String, text: String) throws {
        let filter = try Filter(json: json)
        #expect(filter.json.text == text)
        #expect(try Filter(json: text) == filter)
    }

    @Test("conditions that no single object holds are joined by $and")
    func repeatedConditions() throws {
        let filter = Filter.field("a", [.greater(1), .greater(2)])
        #expect(filter.json.text == #"{"$and":[{"a":{"$gt":1}},{"a":{"$gt":2}}]}"#)
        #expect(throws: Never.self) { try Filter(filter.json) }
    }
}
