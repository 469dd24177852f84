import MemVec
import Synchronization
import Testing
import Tiers

@testable import Server

/// `memvec serve --sync-every`.
@Suite("syncs by themselves")
struct SyncTests {
    private func rounds(
        _ remote: RemoteFixture, _ tell: @escaping @Sendable (SyncEvent) -> Void = { _ in }
    ) -> SyncRounds {
        let service = remote.served.service
        return SyncRounds(
            catalog: service.catalog, metrics: service.metrics.syncs,
            schedule: SyncSchedule(interval: .milliseconds(5), tell: tell))
    }

    @Test("a round finds what others did behind an index that is not open, and says what it took")
    func round() async throws {
        let remote = try await RemoteFixture()
        try await remote.served.call(
            "CreateIndex",
            #"{"vectorBucketName":"demo","indexName":"local","dataType":"float32","dimension":2,"#
                + #""distanceMetric":"cosine"}"#
        ).expectFine()
        try await remote.overwrite("new", [500, 1])
        try await remote.overwrite("k1", [600, 1])
        try await remote.overwrite("k2", [2, 1], #"{"n":99}"#)
        try await remote.remove("k3")
        let events = Mutex<[SyncEvent]>([])
        await rounds(remote) { event in events.withLock { $0.append(event) } }.round()
        let told = events.withLock { $0 }
        #expect(told.map(\.name) == [IndexName(bucket: "demo", index: "items")])
        let report = try #require(try told.first?.result.get())
        #expect(
            [report.addedCount, report.changedCount, report.metadataCount, report.deletedCount] == [1, 1, 1, 1])
        let query = #""topK":1,"queryVector":{"float32":[500,1]}"#
        #expect(await remote.served.onItems("QueryVectors", query).keys == ["new"])
        let text = remote.served.service.metrics.text
        for line in [
            #"memvec_sync_runs_total{result="done"} 1"#, #"memvec_sync_runs_total{result="failed"} 0"#,
            #"memvec_sync_changes_total{kind="deleted"} 1"#,
            #"memvec_sync_last_dollars{bucket="demo",index="items"} 0.0"#,
            #"memvec_sync_last_timestamp_seconds{bucket="demo",index="items"} "#,
        ] { #expect(text.contains("\n" + line), "\(line) is not in\n\(text)") }
    }

    @Test("a remote that is away is told and counted, and the next round finds it again")
    func failure() async throws {
        let remote = try await RemoteFixture()
        let events = Mutex<[SyncEvent]>([])
        let rounds = rounds(remote) { event in events.withLock { $0.append(event) } }
        remote.store.setAway(true)
        await rounds.round()
        remote.store.setAway(false)
        await rounds.round()
        let isFine = events.withLock { $0 }.map { (try? $0.result.get()) != nil }
        #expect(isFine == [false, true])
        #expect(remote.served.service.metrics.text.contains(#"memvec_sync_runs_total{result="failed"} 1"#))
    }

    @Test("an index that is gone is not shown any more")
    func removal() async throws {
        let remote = try await RemoteFixture { $0.allowsRemoteDelete = true }
        await rounds(remote).round()
        #expect(remote.served.service.metrics.text.contains("memvec_sync_last_dollars"))
        try await remote.delete().expectFine()
        await rounds(remote).round()
        #expect(!remote.served.service.metrics.text.contains("memvec_sync_last_dollars"))
    }

    @Test("rounds follow one another while the server runs, and end with it")
    func running() async throws {
        let remote = try await RemoteFixture()
        let (events, continuation) = AsyncStream<SyncEvent>.makeStream()
        let listening = Listening.local {
            $0.syncs = SyncSchedule(interval: .milliseconds(5)) { continuation.yield($0) }
        }
        try await RunningServer.with(remote.served, listening) { server in
            var iterator = events.makeAsyncIterator()
            for _ in 0..<3 { _ = try #require(await iterator.next()).result.get() }
            #expect(try await server.exchange(RunningServer.request("GET /ready")).hasPrefix("HTTP/1.1 200 "))
        }
        // Nobody tells anything after the stop.
        continuation.finish()
        let listed = remote.calls(.list)
        #expect(listed >= 3 * 2)
        await remote.served.service.catalog.close()
        #expect(remote.calls(.list) == listed)
    }

    @Test("a comparison that is under way is not closed for want of room")
    func room() async throws {
        let remote = try await RemoteFixture(opensAtMost: 1)
        for index in ["one", "two"] {
            try await remote.served.call(
                "CreateIndex",
                #"{"vectorBucketName":"demo","indexName":"\#(index)","dataType":"float32","dimension":2,"#
                    + #""distanceMetric":"cosine"}"#
            ).expectFine()
        }
        let catalog = remote.served.service.catalog
        let described = remote.calls(.describe)
        remote.store.settings.latency = .seconds(1)
        let sync = Task {
            try await catalog.withIndex(IndexName(bucket: "demo", index: "items")) { try await $0.collection.sync() }
        }
        await remote.clock.untilSleepers(1)
        for index in ["one", "two"] {
            try await catalog.withIndex(IndexName(bucket: "demo", index: index)) { _ in }
        }
        remote.store.settings.latency = .zero
        // There and back.
        remote.clock.advance(by: .seconds(1))
        await remote.clock.untilSleepers(1)
        remote.clock.advance(by: .seconds(1))
        #expect(try await sync.value.listedCount == RemoteFixture.count)
        // It was described once: no second attempt was made.
        #expect(remote.calls(.describe) == described + 1)
    }
}
