import MemVec
import Testing
import Tiers

@testable import Server
@testable import Vectors

/// `memvec serve --reads`: who answers reads by key of an index in front of a remote.
@Suite("reads of remote indexes")
struct RemoteReadingTests {
    private static let all = #""returnData":true,"returnMetadata":true"#

    /// All pages of a listing.
    private func listed(_ remote: RemoteFixture, _ members: String) async throws -> [Answer] {
        var pages: [Answer] = [], token: String?
        repeat {
            let page = await remote.served.onItems(
                "ListVectors", members + (token.map { #","nextToken":"\#($0)""# } ?? ""))
            try page.expectFine()
            pages.append(page)
            token = page.text("nextToken")
        } while token != nil
        return pages
    }

    @Test("GetVectors gives what the remote holds now, and what it found otherwise is known here afterwards")
    func getsThrough() async throws {
        let remote = try await RemoteFixture()
        try await remote.overwrite("new", [500, 1], #"{"a":1}"#)
        try await remote.overwrite("k1", [600, 1])
        try await remote.remove("k2")
        let get = #""keys":["new","k1","k2","k3","new"],"# + Self.all
        #expect(
            await remote.served.onItems("GetVectors", get).body.text
                == #"{"vectors":[{"key":"new","data":{"float32":[500,1]},"metadata":{"a":1}},"#
                + #"{"key":"k1","data":{"float32":[600,1]},"metadata":{}},"#
                + #"{"key":"k3","data":{"float32":[3,1]},"metadata":{"n":3}}]}"#)
        try await remote.settle()
        let known = try await remote.served.service.catalog.withIndex(IndexName(bucket: "demo", index: "items")) {
            try await $0.collection.get(["new", "k1", "k2", "k3"], wantsVectors: false).map { $0?.metadata.json }
        }
        #expect(known == [#"{"a":1}"#, "{}", nil, #"{"n":3}"#])
        for (values, key) in [("[500,1]", "new"), ("[600,1]", "k1"), ("[2,1]", "k3")] {
            let nearest = await remote.served.onItems(
                "QueryVectors", #""topK":1,"queryVector":{"float32":\#(values)}"#)
            #expect(nearest.keys == [key])
        }
        remote.store.setAway(true)
        await remote.served.onItems("GetVectors", #""keys":["k3"]"#)
            .expect("ServiceUnavailableException", 503, "Currently unable to handle the request")
    }

    @Test("ListVectors gives what the remote lists, page by page, and its segments")
    func listsThrough() async throws {
        let remote = try await RemoteFixture()
        try await remote.overwrite("new", [500, 1])
        let expected = ((0..<RemoteFixture.count).map { "k\($0)" } + ["new"]).sorted()
        let pages = try await listed(remote, #""maxResults":20,"# + Self.all)
        #expect(pages.map(\.keys.count) == [20, 20, 11])
        #expect(pages.flatMap(\.keys).sorted() == expected)
        #expect(pages[0].body.text.contains(#""data":{"float32":[0,1]},"metadata":{"n":0}"#))
        var parts: [String] = []
        for index in 0..<3 {
            parts += try await listed(remote, #""segmentCount":3,"segmentIndex":\#(index)"#).flatMap(\.keys)
        }
        #expect(parts.sorted() == expected)
        await remote.served.onItems("ListVectors", #""nextToken":"0.1.00000000000000000000000000000000""#)
            .expectInvalid("Invalid nextToken")
    }

    @Test("with --reads local both answer by what is known here, and ask for nothing but missing vectors")
    func readsLocally() async throws {
        let remote = try await RemoteFixture { $0.readsLocally = true }
        try await remote.overwrite("new", [500, 1])
        let (listCount, fetchCount) = (remote.calls(.list), remote.calls(.fetch))
        #expect(await remote.served.onItems("GetVectors", #""keys":["new","k1"]"#).keys == ["k1"])
        let pages = try await listed(remote, #""maxResults":20,"# + Self.all)
        #expect(pages.flatMap(\.keys).sorted() == (0..<RemoteFixture.count).map { "k\($0)" }.sorted())
        // The vectors are there, whose place is a tier and not the store.
        let values = pages.flatMap { $0.list("vectors") }.map { $0["data"]?["float32"]?.text ?? "" }
        #expect(values.contains("[49,1]") && !values.contains("[]") && !values.contains(""))
        #expect((remote.calls(.list), remote.calls(.fetch)) == (listCount, fetchCount))
        await remote.served.onItems("ListVectors", #""nextToken":">k1""#).expectInvalid("Invalid nextToken")
    }

    @Test("a mirror always answers by what is known here, also while the remote is away")
    func mirror() async throws {
        let remote = try await RemoteFixture(isMirror: true)
        try await remote.served.onItems("GetIndex").expectFine()
        remote.store.setAway(true)
        #expect(await remote.served.onItems("GetVectors", #""keys":["k1"],"# + Self.all).keys == ["k1"])
        #expect(try await listed(remote, Self.all).flatMap(\.keys).count == RemoteFixture.count)
    }

    @Test("hits that only the remote knows are given with their metadata, on later pages too, and taken over")
    func strangers() async throws {
        let remote = try await RemoteFixture(coldPath: .query, keepsVectors: false)
        for i in 0..<150 { try await remote.overwrite("new\(i)", [Float(1000 + i), 1], "{\"m\":\(i)}") }
        let query = #""topK":120,"queryVector":{"float32":[1000,1]},"returnMetadata":true"#
        let first = await remote.served.onItems("QueryVectors", query)
        try first.expectFine()
        try #require(first.reply["x-memvec-reason"] == "cold_query")
        #expect(first.keys == (0..<100).map { "new\($0)" })
        #expect(first.body.text.contains(#"{"m":99}"#))
        let token = try #require(first.text("nextToken"))
        let second = await remote.served.onItems("QueryVectors", query + #","nextToken":"\#(token)""#)
        try second.expectFine()
        #expect(second.keys == (100..<120).map { "new\($0)" })
        #expect(second.body.text.contains(#"{"m":119}"#))
        #expect(second.reply["x-memvec-reason"] == "cold_query")
        try await remote.settle()
        let local = try await remote.served.service.catalog.withIndex(IndexName(bucket: "demo", index: "items")) {
            try await $0.collection.get(["new0", "new119"], wantsVectors: false)
        }
        #expect(!local.contains { $0 == nil })
    }
}
