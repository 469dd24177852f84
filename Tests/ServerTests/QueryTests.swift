import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("querying")
struct QueryTests {
    static let three =
        #"{"key":"a","data":{"float32":[1,1]},"metadata":{"n":1,"s":"x"}},"#
        + #"{"key":"b","data":{"float32":[1,2]},"metadata":{"n":2,"tags":["p","q"]}},"#
        + #"{"key":"c","data":{"float32":[2,2]}}"#

    @Test(
        "distances are the service's",
        arguments: [
            ("euclidean", #"["a",0.0,"b",1.0,"c",1.4142135381698608]"#),
            ("cosine", #"["a",0.0,"c",0.0,"b",0.051316700875759125]"#),
        ])
    func distances(_ metric: String, _ expected: String) async throws {
        let fixture = try await ServiceFixture.withIndex(metric: metric)
        try await fixture.put(Self.three).expectFine()
        let answer = await fixture.onItems(
            "QueryVectors", #""topK":3,"queryVector":{"float32":[1,1]},"returnDistance":true"#)
        let flat = answer.list("vectors").flatMap { [$0["key"]?.text ?? "", $0["distance"]?.text ?? ""] }
        #expect("[\(flat.joined(separator: ","))]" == expected)
        #expect(answer.text("distanceMetric") == metric)
        #expect(answer.text("nextToken") == nil)
        #expect(answer.reply["x-memvec-reason"] == "exact")
        #expect(answer.reply["x-memvec-tiers"] == "ram=0,warm=3,cold=0")
        #expect(answer.reply["x-memvec-cost"]?.hasPrefix("calls=0,") == true)
        #expect(answer.reply["x-memvec-time"]?.hasSuffix("ms") == true)
    }

    @Test("keys alone, unless more is asked for")
    func flags() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(Self.three).expectFine()
        let query = #""topK":1,"queryVector":{"float32":[1,2]}"#
        #expect(
            await fixture.onItems("QueryVectors", query).body.text
                == #"{"vectors":[{"key":"b"}],"distanceMetric":"euclidean"}"#)
        #expect(
            await fixture.onItems("QueryVectors", query + #","returnMetadata":true"#).body.text
                == #"{"vectors":[{"key":"b","metadata":{"n":2,"tags":["p","q"]}}],"distanceMetric":"euclidean"}"#)
    }

    @Test(
        "filters choose",
        arguments: [
            (#"{"n":1}"#, ["a"]), (#"{"n":{"$gte":1}}"#, ["a", "b"]), (#"{"tags":"q"}"#, ["b"]),
            (#"{"s":{"$exists":false}}"#, ["b", "c"]), (#"{"$or":[{"s":"x"},{"tags":{"$in":["p",7]}}]}"#, ["a", "b"]),
            (#"{"$and":[{"n":{"$gt":0}},{"s":{"$startsWith":"x"}}]}"#, ["a"]), (#"{"none":1}"#, []),
        ])
    func filters(_ filter: String, _ keys: [String]) async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(Self.three).expectFine()
        let answer = await fixture.onItems(
            "QueryVectors", #""topK":10,"queryVector":{"float32":[1,1]},"filter":\#(filter)"#)
        #expect(answer.keys.sorted() == keys)
    }

    @Test(
        "filters that the service refuses",
        arguments: [
            "{}", #"{"a":1,"b":2}"#, #"{"$and":[{"a":1}],"b":2}"#, #"{"$and":[]}"#, #"{"$or":[{}]}"#,
            #"{"$not":{"a":1}}"#,
            #"{"a":null}"#, #"{"a":[1]}"#, #"{"a":{}}"#, #"{"a":{"$gt":"1"}}"#, #"{"a":{"$in":[]}}"#,
            #"{"a":{"$in":1}}"#,
            #"{"a":{"$in":[null]}}"#, #"{"a":{"$exists":1}}"#, #"{"a":{"$regex":"x"}}"#, #"{"a":{"x":1}}"#, "7",
            #""x""#,
            "[]", #"{"$eq":1}"#, #"{"$and":{"a":1}}"#, #"{"a":{"$and":[{"b":1}]}}"#, #"{"a":{"$startsWith":1}}"#,
        ])
    func refusedFilters(_ filter: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":[1,1]},"filter":\#(filter)"#)
            .expectInvalid("Invalid filter: ", ["filter"])
    }

    @Test("non-filterable keys, and the number of constraints")
    func filterLimits() async throws {
        let fixture = try await ServiceFixture.withIndex(nonFilterable: ["text"])
        func query(_ filter: String) async -> Answer {
            await fixture.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":[1,1]},"filter":\#(filter)"#)
        }
        await query(#"{"text":"x"}"#).expectInvalid("Invalid use of non-filterable metadata in filter", ["filter"])
        func values(_ count: Int) -> String { (0..<count).map { "\($0)" }.joined(separator: ",") }
        try await query(#"{"a":{"$in":[\#(values(100))]}}"#).expectFine()
        await query(#"{"a":{"$in":[\#(values(101))]}}"#).expectInvalid("Invalid filter: it has 101 constraints")
    }

    @Test("lenient filters join fields by and")
    func lenient() async throws {
        let fixture = try await ServiceFixture.withIndex { $0.hasLenientFilters = true }
        try await fixture.put(Self.three).expectFine()
        func query(_ filter: String) async -> Answer {
            await fixture.onItems("QueryVectors", #""topK":9,"queryVector":{"float32":[1,1]},"filter":\#(filter)"#)
        }
        #expect(await query("{}").keys.count == 3)
        #expect(await query(#"{"n":1,"s":"x"}"#).keys == ["a"])
        #expect(await query(#"{"n":2,"s":"x"}"#).keys == [])
        #expect(await query(#"{"$or":[{"n":1,"s":"x"},{"n":2}]}"#).keys == ["a", "b"])
        await query(#"{"a":{"$regex":"x"}}"#).expectInvalid("Invalid filter: ")
    }

    @Test(
        "query vectors that cannot be",
        arguments: [
            "[1]", "[1,2,3]", "[]", #"["NaN",1]"#, "[1e39,1]", "[0,0]",
        ])
    func vectors(_ values: String) async throws {
        let fixture = try await ServiceFixture.withIndex(metric: "cosine")
        await fixture.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":\#(values)}"#)
            .expectInvalid("Query vector contains invalid values or is invalid for this index", ["vector"])
    }

    @Test(
        "what else is refused",
        arguments: [
            (#""topK":0"#, "1 validation error detected. Value at '/topK'"),
            (#""topK":10001"#, "1 validation error detected. Value at '/topK'"),
            (#""topK":1.5"#, "1 validation error detected. Value at '/topK'"),
            (
                #""topK":null"#,
                "1 validation error detected. Value at '/topK' failed to satisfy constraint: Member must not"
            ),
            (
                #""queryTexts":[{"text":"red","metadataKey":"t"}]"#,
                #"Text search is not configured for metadata key "t""#
            ),
            (
                #""queryTexts":[{"text":"red","metadataKey":"t"},{"text":"x","metadataKey":"t"}]"#,
                "Request must not contain duplicate keys"
            ),
            (#""queryVector":null"#, "Must specify queryVector, queryTexts, or both"),
            (#""queryMode":"FAST""#, "1 validation error detected. Value at '/queryMode'"),
            (#""nextToken":"abc""#, "Invalid nextToken"), (#""nextToken":"00.100""#, "Invalid nextToken"),
        ])
    func refused(_ member: String, _ message: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":[1,1]},\#(member)"#)
            .expectInvalid(message)
    }

    @Test("pages of one ranking, whatever is written between them")
    func paging() async throws {
        let fixture = try await ServiceFixture.withIndex()
        for start in stride(from: 0, to: 1000, by: 500) {
            let vectors = (start..<start + 500).map {
                #"{"key":"k\#($0)","data":{"float32":[\#($0),0]},"metadata":{"n":\#($0)}}"#
            }
            try await fixture.put(vectors.joined(separator: ",")).expectFine()
        }
        let query = #""topK":750,"queryVector":{"float32":[0,0]},"returnDistance":true,"returnMetadata":true"#
        var keys: [String] = [], tokens: Set<String> = [], token: String?
        repeat {
            let page = await fixture.onItems("QueryVectors", query + (token.map { #","nextToken":"\#($0)""# } ?? ""))
            try page.expectFine()
            #expect(page.keys.count == min(100, 750 - keys.count))
            #expect(page.reply["x-memvec-reason"] == "exact")
            #expect(page.reply["x-memvec-tiers"] == "ram=0,warm=1000,cold=0")
            #expect(page.reply["x-memvec-cost"]?.hasPrefix("calls=0,") == true)
            #expect(page.reply["x-memvec-time"]?.hasSuffix("ms") == true)
            for vector in page.list("vectors") where vector["key"]?.text != #""k420""# {
                #expect(vector["metadata"]?["n"]?.double == vector["distance"]?.double)
            }
            keys += page.keys
            token = page.text("nextToken")
            if let token { #expect(tokens.insert(token).inserted) }
            if keys.count == 200 {
                try await fixture.onItems("DeleteVectors", #""keys":["k420"]"#).expectFine()
                try await fixture.put(#"{"key":"new","data":{"float32":[0,0]}}"#).expectFine()
            }
        } while token != nil
        #expect(keys == (0..<750).map { "k\($0)" })
        let first = await fixture.onItems("QueryVectors", query)
        let next = #","nextToken":"\#(first.text("nextToken") ?? "")""#
        for other in [query.replacing("750", with: "751"), query.replacing("[0,0]", with: "[0,1]")] {
            await fixture.onItems("QueryVectors", other + next)
                .expectInvalid("Invalid nextToken: it belongs to another query", ["nextToken"])
        }
        try await fixture.onItems("QueryVectors", query.replacing(#","returnMetadata":true"#, with: "") + next)
            .expectFine()
    }

    @Test("100 fit one page, and metadata comes with more than that")
    func onePage() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let vectors = (0..<150).map { #"{"key":"k\#($0)","data":{"float32":[\#($0),0]},"metadata":{"n":\#($0)}}"# }
        try await fixture.put(vectors.joined(separator: ",")).expectFine()
        let page = await fixture.onItems("QueryVectors", #""topK":100,"queryVector":{"float32":[0,0]}"#)
        #expect(page.keys.count == 100)
        #expect(page.text("nextToken") == nil)
        let filtered = await fixture.onItems(
            "QueryVectors",
            #""topK":10000,"queryVector":{"float32":[0,0]},"filter":{"n":{"$lt":5}},"returnMetadata":true"#)
        #expect(filtered.keys == ["k0", "k1", "k2", "k3", "k4"])
        #expect(filtered.list("vectors").last?["metadata"]?["n"]?.double == 4)
    }
}
