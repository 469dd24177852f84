import Testing
import Vectors

@Suite("what a filter matches")
struct FilterMatchingTests {
    static let metadata =
        #"{"s":"red","n":5,"f":0.5,"t":true,"z":0,"big":9007199254740993,"ss":["red","blue"],"ns":[1,10],"#
        + #""one":"\u00e9","two":"e\u0301","empty":"","a.b":1}"#

    static let cases: [(filter: String, matches: Bool)] = [
        // Equality knows types.
        (#"{"s":"red"}"#, true), (#"{"s":"Red"}"#, false), (#"{"n":5}"#, true), (#"{"n":5.0}"#, true),
        (#"{"n":"5"}"#, false), (#"{"t":true}"#, true), (#"{"t":"true"}"#, false), (#"{"t":1}"#, false),
        (#"{"z":-0.0}"#, true), (#"{"z":false}"#, false), (#"{"empty":""}"#, true), (#"{"a.b":1}"#, true),
        // Numbers are compared as Double.
        (#"{"big":9007199254740992}"#, true), (#"{"big":{"$gt":9007199254740992}}"#, false),
        // Strings are bytes.
        (#"{"one":"\u00e9"}"#, true), (#"{"one":"e\u0301"}"#, false), (#"{"two":"e\u0301"}"#, true),
        (#"{"two":{"$startsWith":"e"}}"#, true), (#"{"one":{"$startsWith":"e"}}"#, false),
        (#"{"two":{"$ne":"\u00e9"}}"#, true), (#"{"one":{"$in":["e\u0301"]}}"#, false),
        // Not equal: another type, too.
        (#"{"s":{"$ne":"red"}}"#, false), (#"{"s":{"$ne":"blue"}}"#, true), (#"{"s":{"$ne":5}}"#, true),
        (#"{"n":{"$nin":["5"]}}"#, true), (#"{"n":{"$nin":[4,5]}}"#, false),
        // Order is for numbers.
        (#"{"n":{"$gt":4}}"#, true), (#"{"n":{"$gt":5}}"#, false), (#"{"n":{"$gte":5}}"#, true),
        (#"{"n":{"$lt":5}}"#, false), (#"{"n":{"$lte":5}}"#, true), (#"{"f":{"$gt":0.4,"$lt":0.6}}"#, true),
        (#"{"n":{"$gt":4,"$lt":5}}"#, false), (#"{"s":{"$gt":1}}"#, false), (#"{"s":{"$lt":1}}"#, false),
        (#"{"t":{"$gte":0}}"#, false),
        // Sets.
        (#"{"s":{"$in":["blue","red"]}}"#, true), (#"{"n":{"$in":["5",true,5]}}"#, true),
        (#"{"n":{"$in":["5"]}}"#, false),
        // Arrays: any element; each condition by itself; not equal means no element.
        (#"{"ss":"blue"}"#, true), (#"{"ss":"green"}"#, false), (#"{"ns":10}"#, true), (#"{"ns":"10"}"#, false),
        (#"{"ss":{"$in":["green","blue"]}}"#, true), (#"{"ns":{"$gt":9}}"#, true), (#"{"ns":{"$gt":2,"$lt":5}}"#, true),
        (#"{"ns":{"$gt":10}}"#, false), (#"{"ss":{"$startsWith":"bl"}}"#, true), (#"{"ss":{"$ne":"red"}}"#, false),
        (#"{"ss":{"$ne":"green"}}"#, true), (#"{"ss":{"$nin":["green","red"]}}"#, false),
        (#"{"ss":{"$nin":[1]}}"#, true),
        // Prefixes.
        (#"{"s":{"$startsWith":"re"}}"#, true), (#"{"s":{"$startsWith":""}}"#, true),
        (#"{"s":{"$startsWith":"reds"}}"#, false),
        (#"{"n":{"$startsWith":"5"}}"#, false), (#"{"n":{"$startsWith":""}}"#, false),
        // Absent fields match $exists: false alone.
        (#"{"x":1}"#, false), (#"{"x":{"$ne":1}}"#, false), (#"{"x":{"$nin":[1]}}"#, false),
        (#"{"x":{"$gt":0}}"#, false),
        (#"{"x":{"$lt":0}}"#, false), (#"{"x":{"$startsWith":""}}"#, false), (#"{"x":{"$exists":false}}"#, true),
        (#"{"x":{"$exists":true}}"#, false), (#"{"s":{"$exists":true}}"#, true), (#"{"ss":{"$exists":false}}"#, false),
        (#"{"x":{"$exists":false,"$ne":1}}"#, false), (#"{"e\u0301":{"$exists":false}}"#, true),
        // Joins.
        (#"{"$and":[{"s":"red"},{"n":5}]}"#, true), (#"{"$and":[{"s":"red"},{"n":6}]}"#, false),
        (#"{"$or":[{"s":"blue"},{"n":5}]}"#, true), (#"{"$or":[{"s":"blue"},{"n":6}]}"#, false),
        (#"{"$or":[{"$and":[{"s":"blue"},{"n":5}]},{"$and":[{"t":true},{"x":{"$exists":false}}]}]}"#, true),
    ]

    @Test("each rule, on metadata and on its stored form", arguments: cases)
    func rules(json: String, matches: Bool) throws {
        let metadata = try Metadata(json: Self.metadata), filter = try Filter(json: json)
        #expect(filter.matches(metadata) == matches)
        #expect(unsafe try filter.matches(encoded: metadata.encoded.span.bytes) == matches)
    }

    @Test("nothing at all has no field")
    func noMetadata() throws {
        #expect(try Filter(json: #"{"a":{"$exists":false}}"#).matches(Metadata()))
        #expect(try !Filter(json: #"{"a":{"$ne":1}}"#).matches(Metadata()))
        #expect(unsafe try Filter(json: #"{"a":{"$exists":false}}"#).matches(encoded: [UInt8]().span.bytes))
    }

    @Test("empty lists, which only Swift can make, match nothing")
    func emptyLists() throws {
        let metadata = try Metadata(json: #"{"a":1}"#)
        for filter in [Filter.and([]), .or([]), .field("a", []), .field("a", [.among([])])] {
            #expect(!filter.matches(metadata))
            #expect(unsafe try !filter.matches(encoded: metadata.encoded.span.bytes))
        }
        #expect(!Filter.field("a", [.equal(.number(.nan))]).matches(metadata))
        #expect(!Filter.field("a", [.less(.nan)]).matches(metadata))
    }

    @Test("damaged stored metadata is an error, not an answer")
    func damaged() throws {
        let filter = try Filter(json: #"{"$or":[{"b":1},{"a":1}]}"#)
        #expect(throws: MetadataError.damaged(.version)) {
            unsafe try filter.matches(encoded: ([9] as [UInt8]).span.bytes)
        }
        #expect(throws: MetadataError.damaged(.length)) {
            unsafe try filter.matches(encoded: ([1, 1, 9, 0x61] as [UInt8]).span.bytes)
        }
    }

    @Test("filters are equal by their bytes")
    func equality() {
        #expect(Filter.field("\u{e9}", [.exists(true)]) != .field("e\u{301}", [.exists(true)]))
        #expect(Filter.field("a", [.startsWith("\u{e9}")]) != .field("a", [.startsWith("e\u{301}")]))
        #expect(Filter.field("a", [.equal(.string("\u{e9}"))]) != .field("a", [.equal(.string("e\u{301}"))]))
        #expect(Filter.and([.field("a", [.less(1)])]) == .and([.field("a", [.less(1)])]))
        #expect(Filter.and([]) != .or([]))
        #expect(FilterScalar.number(0).hashValue == FilterScalar.number(-0.0).hashValue)
    }
}
