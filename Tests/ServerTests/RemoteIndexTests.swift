import MemVec
import Testing
import Tiers

@testable import Server
@testable import Vectors

/// Indexes that stand in front of a remote.
@Suite("Remote indexes")
struct RemoteIndexTests {
    private static let missing = "The specified index could not be found"

    @Test("an index in front of a remote reads and writes through, and survives its absence", arguments: [false, true])
    func remoteIndex(_ degraded: Bool) async throws {
        let remote = try await RemoteFixture { $0.givesDegradedAnswers = degraded }
        try await remote.served.put(#"{"key":"new","data":{"float32":[500,1]}}"#).expectFine()
        #expect(await remote.memory.vector(of: try VectorKey("new"))?.values == [500, 1])
        let found = await remote.served.onItems("QueryVectors", #""topK":1,"queryVector":{"float32":[500,1]}"#)
        #expect(found.keys == ["new"])
        let got = await remote.served.onItems("GetVectors", #""keys":["k7"],"returnData":true"#)
        #expect(got.body.text.contains("[7,1]"))
        // A write while it is away is not confirmed, and said so.
        remote.store.setAway(true)
        #expect(await remote.served.put(#"{"key":"unsure","data":{"float32":[900,1]}}"#).status == 503)
    }

    @Test("without --allow-remote-delete nobody erases a remote")
    func refusedDelete() async throws {
        let remote = try await RemoteFixture()
        await remote.delete().expect("AccessDeniedException", 403, "Access denied: this index stands in front of")
        await remote.served.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#)
            .expect("ConflictException", 409, "The specified vector bucket is not empty")
        #expect(await remote.memory.count == RemoteFixture.count)
        try await remote.served.onItems("GetIndex").expectFine()
    }

    @Test("with it the remote goes first and the folder then, and its bucket can go")
    func delete() async throws {
        let remote = try await RemoteFixture { $0.allowsRemoteDelete = true }
        try await remote.served.onItems("GetIndex").expectFine()
        try await remote.delete().expectFine()
        #expect(await remote.memory.isErased)
        await remote.served.onItems("GetIndex").expect("NotFoundException", 404, Self.missing)
        await remote.delete().expect("NotFoundException", 404, Self.missing)
        try await remote.served.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
    }

    @Test("a delete that was cut off between the remote and the folder goes on when it is called again")
    func deleteAgain() async throws {
        let remote = try await RemoteFixture { $0.allowsRemoteDelete = true }
        try await remote.memory.erase(timeout: .seconds(1))
        try await remote.delete().expectFine()
        await remote.served.onItems("GetIndex").expect("NotFoundException", 404, Self.missing)
    }

    @Test("while the remote is away or its answer is lost nothing goes here, and the call may be repeated")
    func deleteWhileAway() async throws {
        let remote = try await RemoteFixture { $0.allowsRemoteDelete = true }
        remote.store.setAway(true)
        await remote.delete().expect("ServiceUnavailableException", 503, "Currently unable to handle the request")
        #expect(await !remote.memory.isErased)
        remote.store.setAway(false)
        try await remote.served.onItems("GetIndex").expectFine()
        // What was done and not heard of is asked for again: it is fine then.
        remote.store.script(.erase, [.strangeAnswer])
        await remote.delete().expect("ServiceUnavailableException", 503, "Currently unable to handle the request")
        #expect(await remote.memory.isErased)
        try await remote.delete().expectFine()
    }

    @Test("an index that somebody made anew there is not erased")
    func anotherIndex() async throws {
        let remote = try await RemoteFixture { $0.allowsRemoteDelete = true }
        await remote.memory.makeAnew(creationTime: 2)
        await remote.delete().expect("AccessDeniedException", 403, "Access denied: the index at")
        #expect(await !remote.memory.isErased)
    }

    @Test("a store that erases nothing says so, and both stay")
    func unerasable() async throws {
        let folder = try ServiceFixture { $0.allowsRemoteDelete = true }
        try await folder.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        for (name, cold) in [("far", nil), ("items", "local:\(folder.folder)/demo/far")] as [(String, String?)] {
            try await VectorCollection.create(
                at: "\(folder.folder)/demo/\(name)",
                CollectionConfiguration(dimension: 2, metric: .euclidean, cold: cold), options: options
            ).close()
        }
        await folder.call("DeleteIndex", #"{"vectorBucketName":"demo","indexName":"items"}"#)
            .expect("AccessDeniedException", 403, "Access denied: local:")
        try await folder.onItems("GetIndex").expectFine()
    }
}
