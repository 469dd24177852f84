import Foundation
import MemVec
import S3Vectors
import Testing
import Text
import Vectors

@testable import Server

@Suite("documents and search over HTTP")
struct DocumentRouteTests {
    /// A service whose bucket `demo` holds the index `notes` with two documents.
    private func fixture(_ change: (inout ServiceSettings) -> Void = { _ in }) async throws -> ServiceFixture {
        let fixture = try ServiceFixture(change)
        // Made by another service: this one may want signatures.
        let maker = try ServiceFixture.open(fixture.folder + "/.maker")
        try await maker.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        await maker.catalog.close()
        try FileManager.default.moveItem(atPath: fixture.folder + "/.maker/demo", toPath: fixture.folder + "/demo")
        let embedder = try await Embedders.make("hash")
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        let vectors = try await VectorCollection.create(
            at: fixture.folder + "/demo/notes", TextCollection.configuration(for: embedder, maker: "hash"),
            options: options)
        let texts = try TextCollection(vectors, embedder: embedder)
        _ = try await texts.ingest(Documents())
        try await vectors.close()
        return fixture
    }

    private struct Documents: DocumentReader {
        var left = [("a/pins.md", "Pinned vectors stay in memory."), ("a/sync.md", "A sync compares with the store.")]

        mutating func next() throws(SourceError) -> SourceItem? {
            guard let (id, text) = left.popLast() else { return nil }
            return .document(
                SourceDocument(id: id, title: id, file: id, sections: [.init(title: "", text: text)]))
        }

        var progress: (done: Int, all: Int?) { (0, nil) }
    }

    private let base = "/v1/collections/demo/notes"

    @Test("lists, shows and deletes documents, whose ids may hold slashes")
    func documents() async throws {
        let fixture = try await fixture(), service = fixture.service
        let list = await service.call(Call(method: "GET", path: base + "/documents"))
        try list.expectFine()
        #expect(list.list("documents").compactMap { $0["id"] }.count == 2)
        let page = await service.call(Call(method: "GET", path: base + "/documents", query: "limit=1"))
        #expect(page.list("documents").count == 1 && page.text("next") != nil)
        for path in ["/documents/a/pins.md", "/documents/a%2Fpins.md"] {
            let shown = await service.call(Call(method: "GET", path: base + path))
            #expect(shown.text("state") == "complete" && shown.list("passages").count == 1)
        }
        let gone = await service.call(Call(method: "DELETE", path: base + "/documents/a/pins.md"))
        #expect(gone.body["chunks"] == .integer(1) && gone.body["removed"]?["warm"] == .integer(1))
        let again = await service.call(Call(method: "DELETE", path: base + "/documents/a/pins.md"))
        #expect(again.status == 200 && again.body["chunks"] == .integer(0))
        #expect(await service.call(Call(method: "GET", path: base + "/documents/a/pins.md")).status == 404)
        await service.catalog.close()
        withExtendedLifetime(fixture) {}
    }

    @Test("answers a question in words, with what it came from")
    func search() async throws {
        let fixture = try await fixture(), service = fixture.service
        let body = Array(#"{"query":"pinned vectors memory","k":1}"#.utf8)
        let answer = await service.call(Call(method: "POST", path: base + "/search", body: body))
        try answer.expectFine()
        #expect(answer.list("passages").first?["document"] == .string("a/pins.md"))
        #expect(answer.reply["x-memvec-reason"] != nil && answer.text("reason") != nil)
        for (mode, count) in [("vector", 2), ("text", 1), ("hybrid", 2)] {
            let body = Array(#"{"query":"pins","mode":"\#(mode)"}"#.utf8)
            let answer = await service.call(Call(method: "POST", path: base + "/search", body: body))
            try answer.expectFine()
            let passages = answer.list("passages")
            #expect(passages.count == count && answer.text("reason") != nil, "\(mode)")
            let pinned = passages.first { $0["document"] == .string("a/pins.md") }
            #expect(pinned?["highlights"] == .array([.array([.integer(0), .integer(6)])]), "\(mode)")
            #expect((pinned?["distance"] == nil) == (mode == "text") && (pinned?["score"] == nil) == (mode == "vector"))
        }
        await service.catalog.close()
        withExtendedLifetime(fixture) {}
    }

    @Test(
        "refuses what it does not understand, by name",
        arguments: [
            ("POST", "/search", "", "body is not JSON"), ("POST", "/search", "[]", "not an object"),
            ("POST", "/search", #"{"query":" "}"#, "query must be"),
            ("POST", "/search", #"{"query":"x","k":0}"#, "k is the number 0"),
            ("POST", "/search", #"{"query":"x","top":3}"#, "top is not known"),
            ("POST", "/search", #"{"query":"x","mode":"both"}"#, "vector, text and hybrid"),
            ("POST", "/search", #"{"query":"x","filter":{"a":{"$near":1}}}"#, "Invalid filter"),
            ("GET", "/search", "", "GET is not possible"), ("GET", "/documents/", "", "There is nothing at"),
            ("GET", "/documents/%ZZ", "", "There is nothing at"), ("GET", "/nothing", "", "There is nothing at"),
            ("PUT", "/documents", "", "PUT is not possible"),
        ])
    func refusals(_ method: String, _ path: String, _ body: String, _ message: String) async throws {
        let fixture = try await fixture(), service = fixture.service
        let answer = await service.call(Call(method: method, path: base + path, body: Array(body.utf8)))
        #expect((400..<500).contains(answer.status))
        #expect(answer.message?.contains(message) == true, "\(answer.message ?? "nothing")")
        await service.catalog.close()
        withExtendedLifetime(fixture) {}
    }

    @Test("an index without texts has no documents, and no words to search")
    func plainIndex() async throws {
        let fixture = try await ServiceFixture.withIndex()
        let base = "/v1/collections/demo/items"
        let answer = await fixture.service.call(Call(method: "GET", path: base + "/documents"))
        #expect(answer.status == 200 && answer.body["documents"] == .array([]))
        let search = await fixture.service.call(
            Call(method: "POST", path: base + "/search", body: Array(#"{"query":"x","mode":"text"}"#.utf8)))
        #expect(search.status == 400 && search.message?.contains("memvec ingest") == true)
        let absent = await fixture.service.call(Call(method: "GET", path: "/v1/collections/demo/none/documents"))
        #expect(absent.status == 404)
    }

    @Test("wants a signature where keys are configured, and reading keys delete nothing")
    func access() async throws {
        let reader = Principal(
            keys: SigningKeys(accessKey: "READ", secretKey: "s"), buckets: ["demo"], isReadOnly: true)
        let fixture = try await fixture { $0.accessKeys = AccessKeys([reader]) }
        let call = Call(method: "GET", path: base + "/documents")
        #expect(await fixture.service.call(call).status == 403)
        try await fixture.service.call(signed(call, reader)).expectFine()
        let deletion = signed(Call(method: "DELETE", path: base + "/documents/a/pins.md"), reader)
        let refused = await fixture.service.call(deletion)
        #expect(refused.status == 403 && refused.message?.contains("DeleteDocument") == true)
        let elsewhere = signed(Call(method: "GET", path: "/v1/collections/other/notes/documents"), reader)
        #expect(await fixture.service.call(elsewhere).status == 403)
        await fixture.service.catalog.close()
    }

    private func signed(_ call: Call, _ principal: Principal) -> Call {
        var call = call
        call.headers = [(name: "host", value: "127.0.0.1")]
        let request = SignableRequest(
            method: call.method, path: call.path, headers: call.headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(call.body)))
        call.headers += SigV4Signer(region: "us-east-1").headers(
            for: request, keys: principal.keys, at: SigningTime(seconds: Int(ServiceFixture.now)))
        return call
    }

    @Test("describes itself, every path that it knows")
    func openAPI() async throws {
        let answer = await (try ServiceFixture()).service.call(Call(method: "GET", path: "/v1/openapi.json"))
        try answer.expectFine()
        guard case .object(let paths)? = answer.body["paths"] else { return #expect(Bool(false), "no paths") }
        for path in paths {
            guard case .object(let methods) = path.value else { continue }
            for method in methods where method.name != "parameters" {
                let filled = path.name.replacing("{bucket}", with: "demo").replacing("{index}", with: "notes")
                    .replacing("{id}", with: "x")
                _ = try DocumentRoute(method: method.name.uppercased(), path: filled)
            }
        }
        #expect(paths.count == 8)
    }
}
