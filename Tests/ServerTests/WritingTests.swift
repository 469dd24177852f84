import S3Vectors
import Testing
import Vectors

@testable import Server

@Suite("writing vectors")
struct WritingTests {
    @Test("a put overwrites whole")
    func overwrite() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{"x":1,"y":[1,2.5]}}"#).expectFine()
        let get = #""keys":["a","none","a"],"returnData":true,"returnMetadata":true"#
        #expect(
            await fixture.onItems("GetVectors", get).body.text
                == #"{"vectors":[{"key":"a","data":{"float32":[1,2]},"metadata":{"x":1,"y":[1,2.5]}}]}"#)
        #expect(await fixture.put(#"{"key":"a","data":{"float32":[0.1,3]}}"#).body.text == "{}")
        #expect(
            await fixture.onItems("GetVectors", get).body.text
                == #"{"vectors":[{"key":"a","data":{"float32":[0.1,3]},"metadata":{}}]}"#)
        #expect(await fixture.onItems("GetVectors", #""keys":["a"]"#).body.text == #"{"vectors":[{"key":"a"}]}"#)
    }

    @Test(
        "one wrong record refuses all, in the service's words",
        arguments: [
            ("[1]", "{}", "vector must have length 2, but has length 1", "vectors[1]"),
            ("[1,2,3]", "{}", "vector must have length 2, but has length 3", "vectors[1]"),
            (#"[1,"NaN"]"#, "{}", "vector contains NaNs or Infs", "vectors[1]"),
            (#"["-Infinity",1]"#, "{}", "vector contains NaNs or Infs", "vectors[1]"),
            ("[1e39,1]", "{}", "vector contains NaNs or Infs", "vectors[1]"),
            ("[0,0]", "{}", "cosine distance does not support vectors with zero norm", "vectors[1]"),
            ("[1e-46,0]", "{}", "cosine distance does not support vectors with zero norm", "vectors[1]"),
            (
                "[1,2]", #"{"a":null}"#, "Metadata values must be strings, numbers, booleans, or arrays",
                "vectors[1].metadata"
            ),
            (
                "[1,2]", #"{"a":{}}"#, "Metadata values must be strings, numbers, booleans, or arrays",
                "vectors[1].metadata"
            ),
            ("[1,2]", #"{"a":[true]}"#, "Metadata array values must be strings or numbers", "vectors[1].metadata"),
            ("[1,2]", #"{"a":[1,"x"]}"#, "Metadata array values must be strings or numbers", "vectors[1].metadata"),
            ("[1,2]", #"{"a":[]}"#, "Empty arrays are not allowed in metadata", "vectors[1].metadata"),
            ("[1,2]", #""text""#, "metadata must be a JSON object", "vectors[1].metadata"),
        ])
    func wrongRecords(_ data: String, _ metadata: String, _ text: String, _ path: String) async throws {
        let fixture = try await ServiceFixture.withIndex(metric: "cosine")
        let wrong = #"{"key":"K","data":{"float32":\#(data)},"metadata":\#(metadata)}"#
        await fixture.put(#"{"key":"a","data":{"float32":[1,2]}},\#(wrong)"#)
            .expectInvalid("Invalid record for key 'K': \(text)", [path])
        #expect(await fixture.onItems("ListVectors").keys.isEmpty)
    }

    @Test("zeros are fine for euclidean, the largest and the smallest float32 everywhere")
    func extremes() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(
            #"{"key":"zero","data":{"float32":[0,0]}},{"key":"ends","data":{"float32":[3.4028235e38,1.4e-45]}}"#
        ).expectFine()
        let found = await fixture.onItems("GetVectors", #""keys":["ends"],"returnData":true"#)
        #expect(found.list("vectors").first?["data"]?.text == #"{"float32":[3.4028235e+38,1e-45]}"#)
    }

    @Test(
        "metadata at its limits",
        arguments: [
            (2048 - 5 - 8, false, true), (2048 - 5 - 7, false, false), (40_960 - 5 - 8, true, true),
            (40_960 - 5 - 7, true, false),
        ])
    func metadataBytes(_ length: Int, _ isNonFilterable: Bool, _ isFine: Bool) async throws {
        let fixture = try await ServiceFixture.withIndex(nonFilterable: ["t"])
        // {"t":"..."} has 8 bytes beside the text.
        let name = isNonFilterable ? "t" : "f"
        let text = String(repeating: "x", count: length)
        let put = await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{"\#(name)":"\#(text)"}}"#)
        let most =
            isNonFilterable
            ? "Metadata object must have at most 40960 bytes"
            : "Filterable metadata must have at most 2048 bytes"
        if isFine { try put.expectFine() } else { put.expectInvalid("Invalid record for key 'a': \(most)") }
    }

    @Test("metadata keys at their limit", arguments: [(50, true), (51, false)])
    func metadataKeys(_ count: Int, _ isFine: Bool) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let members = (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",")
        let put = await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{\#(members)}}"#)
        if isFine {
            try put.expectFine()
        } else {
            put.expectInvalid("Invalid record for key 'a': Metadata object must have at most 50 keys")
        }
    }

    @Test("sizes are those of the value, not of how the client escaped it")
    func escapes() async throws {
        let fixture = try await ServiceFixture.withIndex()
        // 1,000 times two bytes as UTF-8, six bytes as written.
        let text = String(repeating: #"\u00e9"#, count: 1000)
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]},"metadata":{"f":"\#(text)"}}"#).expectFine()
    }

    @Test("keys have at most 1,024 bytes", arguments: ["PutVectors", "GetVectors", "DeleteVectors"])
    func keyBytes(_ operation: String) async throws {
        let fixture = try await ServiceFixture.withIndex()
        func call(_ key: String) async -> Answer {
            operation == "PutVectors"
                ? await fixture.put(#"{"key":"\#(key)","data":{"float32":[1,2]}}"#)
                : await fixture.onItems(operation, #""keys":["\#(key)"]"#)
        }
        try await call(String(repeating: "é", count: 512)).expectFine()
        await call(String(repeating: "é", count: 513)).expectInvalid("Record key length exceeds the maximum allowed")
        await call(String(repeating: "k", count: 1025)).expectInvalid("1 validation error detected. Value with length")
        await call("").expectInvalid("1 validation error detected. Value with length 0")
    }

    @Test("keys that are there twice refuse the request")
    func duplicates() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let one = #"{"key":"a","data":{"float32":[1,2]}}"#
        await fixture.put("\(one),\(one)").expectInvalid("Request must not contain duplicate keys", ["vectors"])
        await fixture.onItems("DeleteVectors", #""keys":["a","b","a"]"#)
            .expectInvalid("Request must not contain duplicate keys", ["keys"])
        // Two keys that look alike are two.
        let two = #"{"key":"\u00e9","data":{"float32":[1,2]}},{"key":"e\u0301","data":{"float32":[1,2]}}"#
        try await fixture.put(two).expectFine()
        #expect(await fixture.onItems("ListVectors").keys.count == 2)
    }

    @Test("batches at their limit", arguments: [(500, true), (501, false), (0, false)])
    func batches(_ count: Int, _ isFine: Bool) async throws {
        let fixture = try await ServiceFixture.withIndex()
        let vectors = (0..<count).map { #"{"key":"k\#($0)","data":{"float32":[\#($0),2]}}"# }
        let keys = #""keys":[\#((0..<count).map { "\"k\($0)\"" }.joined(separator: ","))]"#
        for answer in [
            await fixture.put(vectors.joined(separator: ",")), await fixture.onItems("DeleteVectors", keys),
        ] {
            if isFine {
                try answer.expectFine()
            } else {
                answer.expectInvalid("1 validation error detected. Value with length \(count) at '/")
            }
        }
        #expect(await fixture.onItems("ListVectors").keys.isEmpty)
    }

    @Test("deleting what is not there is fine")
    func deletion() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]}},{"key":"b","data":{"float32":[1,2]}}"#)
            .expectFine()
        #expect(await fixture.onItems("DeleteVectors", #""keys":["a","none"]"#).body.text == "{}")
        #expect(await fixture.onItems("ListVectors").keys == ["b"])
    }
}
