import Storage
import Testing
import Tiers
import Vectors

@testable import MemVec

@Test("a write whose answer is lost is pending, and done once the store is asked again")
func lostAnswer() async throws {
    let remote = MemoryRemote(dimension: 2)
    let (near, collection) = try await remote.front()
    try await collection.put([try VectorRecord(key: "a", values: [1, 2])])
    remote.hooks.afterNext(.put) { throw CancellationError() }
    await #expect(throws: MemVecError.self) { try await collection.put([try VectorRecord(key: "a", values: [3, 4])]) }
    let waiting = try collection.intents()
    #expect(waiting.map(\.key.text) == ["a"] && waiting[0].state == .pending && waiting[0].action == .put)
    // The old vector is in no tier, and the store has it no more: what it has is the answer, and no row of ours yet.
    #expect(try await collection.query([3, 4], k: 1).hits.map(\.row) == [nil])
    #expect(try await collection.get(["a"])[0]?.values == [3, 4])
    #expect(try await collection.retryIntents() == [])
    #expect(try collection.intents().isEmpty)
    #expect(try await collection.query([3, 4], k: 1).hits.first?.distance == 0)
    try await collection.close()
    withExtendedLifetime(near) {}
}

@Test("a pending write on a key that somebody else wrote is a conflict, which only its number sends")
func conflict() async throws {
    let remote = MemoryRemote(dimension: 2)
    let (near, first) = try await remote.front()
    var collection = first
    try await collection.put([try VectorRecord(key: "a", values: [1, 2]), try VectorRecord(key: "b", values: [5, 5])])
    remote.store.setAway(true)
    for key in ["a", "b"] {
        await #expect(throws: MemVecError.self) {
            try await collection.put([try VectorRecord(key: key, values: [3, 4])])
        }
    }
    remote.store.setAway(false)
    for key in ["a", "b"] {
        await remote.memory.overwrite(ColdVector(key: try VectorKey(key), values: [7, 8], metadata: Metadata()))
    }
    try await collection.close()
    collection = try await VectorCollection.open(at: near.path, options: smallMap)
    #expect(collection.openingNotes.count == 2)
    #expect(try collection.intents().map(\.state) == [.conflict, .conflict])
    #expect(try await collection.retryIntents() == [], "conflicts are not sent by themselves")
    #expect(await remote.memory.vector(of: try VectorKey("a"))?.values == [7, 8])
    let numbers = try collection.intents().map(\.number)
    #expect(try await collection.retryIntents([numbers[0]]) == [])
    #expect(await remote.memory.vector(of: try VectorKey("a"))?.values == [3, 4])
    #expect(try await collection.dropIntents([numbers[1], 999]) == 1)
    #expect(try collection.intents().isEmpty)
    // What the other wrote is taken over.
    #expect(try await collection.sync().changedCount == 1)
    #expect(try await collection.query([7, 8], k: 1).hits.first?.key.text == "b")
    #expect(try await collection.query([3, 4], k: 1).hits.first?.key.text == "a")
    try await collection.close()
}

@Test("a delete that was confirmed ends an older put of its key: the key does not come back")
func laterDelete() async throws {
    let remote = MemoryRemote(dimension: 2)
    let (near, collection) = try await remote.front()
    remote.store.setAway(true)
    await #expect(throws: MemVecError.self) { try await collection.put([try VectorRecord(key: "a", values: [3, 4])]) }
    remote.store.setAway(false)
    try await collection.delete(keys: ["a"])
    #expect(try collection.intents().isEmpty)
    try await collection.close()
    let reopened = try await VectorCollection.open(at: near.path, options: smallMap)
    #expect(try await reopened.count() == 0)
    #expect(await remote.memory.vector(of: try VectorKey("a")) == nil)
    try await reopened.close()
}

@Test("a later write on the key overtakes a pending one, and a refusal leaves nothing behind")
func laterWrite() async throws {
    let remote = MemoryRemote(dimension: 2)
    let (near, collection) = try await remote.front()
    remote.store.setAway(true)
    await #expect(throws: MemVecError.self) { try await collection.put([try VectorRecord(key: "a", values: [3, 4])]) }
    remote.store.setAway(false)
    try await collection.put([try VectorRecord(key: "a", values: [5, 6])])
    #expect(try collection.intents().isEmpty)
    #expect(await remote.memory.vector(of: try VectorKey("a"))?.values == [5, 6])
    #expect(try await collection.query([5, 6], k: 1).hits.first?.distance == 0)
    try await collection.close()
    withExtendedLifetime(near) {}
}
