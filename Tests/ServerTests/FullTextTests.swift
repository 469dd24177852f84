import Testing

@testable import S3Vectors
@testable import Server
@testable import Vectors

@Suite("Service: text search")
struct FullTextTests {
    private func filled() async throws -> ServiceFixture {
        let fixture = try await ServiceFixture.withIndex(nonFilterable: ["body"])
        let texts = #"[{"metadataKey":"title","language":"en"},{"metadataKey":"body"}]"#
        try await fixture.onItems("UpdateMetadataConfiguration", #""add":{"textSearchConfigurations":\#(texts)}"#)
            .expectFine()
        try await fixture.put(
            (0..<250).map { at in
                let animals = at % 2 == 0 ? "dogs" : "cats"
                return #"{"key":"k\#(at)","data":{"float32":[\#(at),0]},"#
                    + #""metadata":{"title":"running \#(animals)","body":"text \#(at)","n":\#(at)}}"#
            }.joined(separator: ",")
        ).expectFine()
        return fixture
    }

    @Test("texts alone are ranked by BM25, with scores where they are asked for and no distance")
    func texts() async throws {
        let fixture = try await filled()
        let dog = #""queryTexts":[{"text":"Dog","metadataKey":"title"}]"#
        let plain = await fixture.onItems("QueryVectors", #""topK":3,\#(dog)"#)
        #expect(plain.keys == ["k0", "k2", "k4"])
        #expect(plain.list("vectors").first?.text == #"{"key":"k0"}"#)
        #expect(plain.reply["x-memvec-reason"] == "exact")
        let scored = await fixture.onItems(
            "QueryVectors", #""topK":1,"returnScores":true,"returnDistance":true,\#(dog)"#)
        let scores = scored.list("vectors").first?["scores"]
        #expect(scored.list("vectors").first?["distance"] == nil)
        #expect(scores?["fused"] == nil && scores?["vectorDistance"] == nil)
        // 250 titles of two words, 125 with the word: ln(1 + 125.5 / 125.5) in float32.
        #expect(scores?["bm25Scores"]?.text == #"[{"metadataKey":"title","score":0.6931471824645996}]"#)
        let two = #""queryTexts":[{"text":"dogs","metadataKey":"title"},{"text":"17 text","metadataKey":"body"}]"#
        let both = await fixture.onItems("QueryVectors", #""topK":2,"returnScores":true,\#(two)"#)
        #expect(both.keys == ["k17", "k0"])
        let filtered = await fixture.onItems(
            "QueryVectors", #""topK":9,"filter":{"n":{"$lt":5}},"returnMetadata":true,\#(dog)"#)
        #expect(filtered.keys == ["k0", "k2", "k4"])
        #expect(filtered.list("vectors").last?["metadata"]?["n"]?.text == "4")
        #expect(
            await fixture.onItems("QueryVectors", #""topK":3,"queryTexts":[{"text":"?!","metadataKey":"title"}]"#).keys
                == [])
    }

    @Test("with a vector the rankings are fused, and a vector alone has no scores")
    func hybrid() async throws {
        let fixture = try await filled()
        let query = #""topK":3,"returnScores":true,"returnDistance":true,"queryVector":{"float32":[17,0]}"#
        let answer = await fixture.onItems(
            "QueryVectors", query + #","queryTexts":[{"text":"17","metadataKey":"body"}]"#)
        #expect(answer.keys == ["k17", "k16", "k18"])
        let scores = answer.list("vectors").map { $0["scores"] }
        #expect(scores[0]?["vectorDistance"]?.double == 0 && scores[0]?["fused"]?.double == Double(Float(2.0 / 61)))
        #expect(scores[1]?["bm25Scores"]?.text == "[]" && scores[1]?["vectorDistance"]?.double == 1)
        #expect(await fixture.onItems("QueryVectors", query).list("vectors").allSatisfy { $0["scores"] == nil })
    }

    @Test("pages are of one ranking, whatever is written between them")
    func paging() async throws {
        let fixture = try await filled()
        for vector in ["", #","queryVector":{"float32":[0,0]}"#] {
            let query =
                #""topK":220,"returnScores":true,"queryTexts":[{"text":"running","metadataKey":"title"}]"# + vector
            var keys: [String] = [], token: String?
            repeat {
                let page = await fixture.onItems(
                    "QueryVectors", query + (token.map { #","nextToken":"\#($0)""# } ?? ""))
                try page.expectFine()
                keys += page.keys
                #expect(page.list("vectors").allSatisfy { $0["scores"] != nil })
                token = page.text("nextToken")
                try await fixture.onItems("DeleteVectors", #""keys":["k\#(249 - keys.count / 100)"]"#).expectFine()
            } while token != nil
            #expect(keys.count == 220 && Set(keys).count == 220)
            let first = await fixture.onItems("QueryVectors", query)
            let other = #""topK":220,"queryTexts":[{"text":"cats","metadataKey":"title"}]"# + vector
            await fixture.onItems("QueryVectors", other + #","nextToken":"\#(first.text("nextToken") ?? "")""#)
                .expectInvalid("Invalid nextToken: it belongs to another query")
        }
    }

    @Test("an index in CLASSIC mode searches no text")
    func classic() async throws {
        let fixture = try await filled()
        try await fixture.service.catalog.change(index: IndexName(bucket: "demo", index: "items")) {
            $0.indexMode = .classic
        }
        let query = #""topK":1,"queryTexts":[{"text":"dog","metadataKey":"title"}]"#
        await fixture.onItems("QueryVectors", query).expectInvalid("Text search requires an index in ENHANCED mode")
        await fixture.onItems("UpdateMetadataConfiguration", #""add":{"textSearchConfigurations":[]}"#)
            .expectInvalid("Text search requires an index in ENHANCED mode")
    }
}
