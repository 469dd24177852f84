import Router
import Storage
import Testing
import Tiers
import Vectors

@testable import MemVec

/// One that keeps every vector, as far as `warm` goes.
private func mirror(
    of remote: MemoryRemote, warm: String = "4MB"
) async throws -> (near: TemporaryFolder, collection: VectorCollection) {
    try await remote.front {
        $0.warmBudget = try Budget(warm)
        $0.isMirror = true
    }
}

/// Keys, vectors and metadata are those of the remote, and the collection is sound.
private func expectEqual(
    _ collection: VectorCollection, _ remote: MemoryRemote, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let count = await remote.memory.count
    #expect(try await collection.count() == count, sourceLocation: sourceLocation)
    let engine = try collection.engine()
    var page = try await collection.list(limit: 100_000)
    while true {
        for record in page.records {
            let there = await remote.memory.vector(of: record.key)
            #expect(there?.metadata ?? Metadata() == record.metadata, sourceLocation: sourceLocation)
            let known = try engine.store.read { reader in
                try reader.row(of: record.key).flatMap { try reader.record(of: $0)?.fingerprint }
            }
            #expect(there?.values.map { Fingerprint(of: $0) } == known, sourceLocation: sourceLocation)
        }
        guard let next = page.next else { break }
        page = try await collection.list(after: next, limit: 100_000)
    }
    #expect(try await collection.verify().problems == [], sourceLocation: sourceLocation)
}

@Test("an attached mirror is equal to its source, asks it for each page once, and then for nothing")
func attachMirror() async throws {
    let remote = MemoryRemote()
    let vectors = clustered(5500, 16, seed: 21)
    try await remote.fill(vectors)
    let (near, first) = try await mirror(of: remote)
    var collection = first
    let report: AttachReport = try await collection.attach(segments: 4)
    #expect(report.vectorCount == 5500 && report.keptCount == 5500 && report.refusedCount == 0)
    // Four parts of about 1,375 keys: two pages each.
    #expect(remote.calls(.list) == 8 && report.pageCount == 8 && report.dollars == 8)
    try await expectEqual(collection, remote)
    try await collection.train()
    #expect(remote.calls(.list) == 8 && remote.calls(.fetch) == 0, "the training reads what is at hand")
    for reopened in [false, true] {
        if reopened {
            try await collection.close()
            collection = try await VectorCollection.open(at: near.path, options: smallMap)
            try collection.engine().tiers.drain()
        }
        for (i, vector) in vectors.enumerated() where i % 500 == 0 {
            let answer = try await collection.query(vector, k: 3)
            #expect(answer.hits.first?.key.text == "k\(i)" && answer.provenance.reason == .complete)
        }
        #expect(remote.calls(.fetch) == 0 && remote.calls(.query) == 0)
    }
    #expect(try await collection.attach().pageCount == 0, "there is nothing left to do")
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("an attach that was ended goes on where it was, in a mirror and with little room", arguments: ["4MB", "200kB"])
func attachResumes(warm: String) async throws {
    let remote = MemoryRemote()
    let vectors = clustered(6000, 16, seed: 22)
    try await remote.fill(vectors)
    let (near, first) = try await mirror(of: remote, warm: warm)
    // Eight pages are needed; a refusal ends it before.
    remote.hooks.afterNext(.list, skipping: 4) { throw CancellationError() }
    await #expect(throws: (any Error).self) { _ = try await first.attach(segments: 4) }
    #expect(first.isAttaching)
    await #expect(throws: MemVecError.self) { _ = try await first.sync() }
    try await first.close()
    let collection = try await VectorCollection.open(at: near.path, options: smallMap)
    #expect(collection.isAttaching)
    let asked = remote.calls(.list)
    let report = try await collection.attach()
    #expect(report.vectorCount == 6000 && !collection.isAttaching)
    #expect(report.pageCount + asked <= 8 + 4, "\(asked) pages before, \(report.pageCount) after")
    #expect((report.keptCount == 6000) == (warm == "4MB"))
    try await expectEqual(collection, remote)
    try await collection.train()
    #expect(try await collection.query(vectors[77], k: 1).hits.first?.key.text == "k77")
    let some = (0..<6000).filter { $0 % 37 == 0 }
    #expect(try await collection.get(some.map { "k\($0)" }).map { $0?.values } == some.map { vectors[$0] })
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("a sync finds what others put, overwrote, re-labelled and deleted, for the price of one listing")
func syncFindsForeignChanges() async throws {
    let remote = MemoryRemote()
    let vectors = clustered(3000, 16, seed: 23)
    try await remote.fill(vectors)
    let (near, collection) = try await mirror(of: remote)
    _ = try await collection.attach(segments: 1)
    try await collection.train()
    let quiet = try await collection.sync(segments: 1)
    #expect(quiet.unchangedCount == 3000 && quiet.pageCount == 3 && quiet.fetchCount == 0 && quiet.dollars == 3)
    for i in 0..<40 { await remote.memory.overwrite(try MemoryRemote.vector(5000 + i, vectors[i].map { $0 + 3 })) }
    for i in 100..<130 { await remote.memory.overwrite(try MemoryRemote.vector(i, vectors[i].map { $0 + 5 })) }
    for i in 200..<220 { await remote.memory.overwrite(try MemoryRemote.vector(i, vectors[i], third: 9)) }
    for i in 300..<310 { await remote.memory.remove(try VectorKey("k\(i)")) }
    let cold = try await collection.get(["k7", "k305", "absent"])
    #expect(cold.map { $0?.values } == [vectors[7], vectors[305], nil], "out of the mirror")
    let found = try await collection.sync(segments: 1)
    #expect(found.addedCount == 40 && found.changedCount == 30 && found.metadataCount == 20)
    #expect(found.deletedCount == 10 && found.fetchCount == 1 && found.busyCount == 0)
    #expect(found.pageCount == 4 && found.dollars == 4.01)
    try await expectEqual(collection, remote)
    let moved = try await collection.query(vectors[100].map { $0 + 5 }, k: 1)
    #expect(moved.hits.first?.key.text == "k100" && moved.hits.first?.distance == 0)
    #expect(try await collection.count(matching: Filter(json: #"{"third":9}"#)) == 20)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("what is written here while a sync reads is not undone by what the sync has read before")
func syncAgainstWriters() async throws {
    let remote = MemoryRemote()
    let vectors = clustered(1500, 16, seed: 24)
    try await remote.fill(vectors)
    let (near, collection) = try await mirror(of: remote)
    _ = try await collection.attach()
    // Deleted by others; one of them is written here again after the listing, before the sync looks for it.
    for i in 10..<20 { await remote.memory.remove(try VectorKey("k\(i)")) }
    remote.hooks.afterNext(.list, skipping: 1) {
        try await collection.put([try VectorRecord(key: "k10", values: vectors[10].map { $0 + 1 })])
        try await collection.delete(keys: ["k500"])
        try await collection.setMetadata(Metadata(json: #"{"third":8}"#), ofKey: "k501")
    }
    // Found absent by the sync already, and put in this moment.
    remote.hooks.afterNext(.fetch) {
        try await collection.put([try VectorRecord(key: "k11", values: vectors[11].map { $0 + 1 })])
    }
    let report = try await collection.sync(segments: 1)
    #expect(report.deletedCount == 8)
    #expect(
        try await collection.get(["k10", "k11", "k12", "k500"], wantsVectors: false).map { $0 == nil } == [
            false, false, true, true,
        ])
    try await expectEqual(collection, remote)
    #expect(try await collection.sync().unchangedCount == 1491)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("an index that was made anew under the same name stops a sync and an attach")
func anotherIndex() async throws {
    let remote = MemoryRemote(creationTime: 1)
    try await remote.fill(clustered(20, 16, seed: 2))
    let (near, collection) = try await mirror(of: remote)
    _ = try await collection.attach()
    let engine = try collection.engine()
    var note = try #require(try engine.remoteNote())
    note.creationTime = 2
    try await engine.setRemoteNote(note)
    await #expect(throws: MemVecError.self) { _ = try await collection.sync() }
    await #expect(throws: MemVecError.self) { _ = try await collection.attach() }
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("metadata of a remote vector change there too, and its row stays")
func remoteMetadata() async throws {
    let remote = MemoryRemote()
    let vectors = clustered(50, 16, seed: 3)
    try await remote.fill(vectors)
    let (near, collection) = try await mirror(of: remote)
    _ = try await collection.attach()
    let before = try await collection.query(vectors[4], k: 1).hits.first?.row
    try await collection.setMetadata(Metadata(json: #"{"third":5,"new":true}"#), ofKey: "k4")
    #expect(
        await remote.memory.vector(of: try VectorKey("k4"))?.metadata
            == (try Metadata(json: #"{"new":true,"third":5}"#)))
    #expect(try await collection.query(vectors[4], k: 1).hits.first?.row == before)
    await #expect(throws: MemVecError.self) { try await collection.setMetadata(Metadata(), ofKey: "absent") }
    remote.store.setAway(true)
    await #expect(throws: MemVecError.self) { try await collection.setMetadata(Metadata(), ofKey: "k5") }
    remote.store.setAway(false)
    #expect(try await collection.get(["k5"], wantsVectors: false)[0]?.metadata == (try Metadata(json: #"{"third":2}"#)))
    try await collection.close()
    withExtendedLifetime(near) {}
}
