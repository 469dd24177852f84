import MemVec
import Testing
import Tiers

@testable import Server
@testable import Vectors

/// Indexes that stand in front of a remote.
@Suite("Remote indexes")
struct RemoteIndexTests {
    @Test("an index in front of a remote reads and writes through, survives its absence, and cannot be erased")
    func remoteIndex() async throws {
        let memory = MemoryColdStore(ColdDescription(dimension: 2, metric: .euclidean))
        let store = SimulatedColdStore(over: memory)
        for i in 0..<50 {
            await memory.overwrite(
                ColdVector(key: try VectorKey("k\(i)"), values: [Float(i), 1], metadata: Metadata()))
        }
        ColdStores.register(scheme: "served") { address, _ in
            ColdConnection(store: store, meter: nil, description: address)
        }
        for degraded in [false, true] {
            let fixture = try ServiceFixture { $0.givesDegradedAnswers = degraded }
            try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
            var options = OpenOptions()
            options.mapBytes = 1 << 30
            let collection = try await VectorCollection.create(
                at: fixture.folder + "/demo/items",
                CollectionConfiguration(dimension: 2, metric: .euclidean, cold: "served:x"), options: options)
            _ = try await collection.attach()
            try await collection.close()
            try await fixture.put(#"{"key":"new\#(degraded)","data":{"float32":[500,1]}}"#).expectFine()
            #expect(await memory.vector(of: try VectorKey("new\(degraded)"))?.values == [500, 1])
            let query = #""topK":1,"queryVector":{"float32":[500,1]}"#
            let found = await fixture.onItems("QueryVectors", query)
            #expect(found.body.text.contains("new"))
            let got = await fixture.onItems("GetVectors", #""keys":["k7"],"returnData":true"#)
            #expect(got.body.text.contains("[7,1]"))
            let refused = await fixture.call("DeleteIndex", #"{"vectorBucketName":"demo","indexName":"items"}"#)
            #expect(refused.reply.status == 403 && refused.body.text.contains("memvec detach"))
            // A write while it is away is not confirmed, and said so.
            store.setAway(true)
            let unsure = await fixture.put(#"{"key":"unsure","data":{"float32":[900,1]}}"#)
            #expect(unsure.reply.status == 503)
            store.setAway(false)
        }
    }
}
