import Testing
import Tiers
import Vectors

/// Round prices, so that sums are seen at a glance.
private struct RoundPrices: ColdPrices {
    let date = "2000-01-01"
    func fetch(keyCount: Int) -> Double { 1 }
    func put(byteCount: Int) -> Double { Double(byteCount) }
    func page(vectorCount: Int) -> Double { 100 }
    func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? { size.vectorCount }
}

@Test("a store that is charged for answers as before, and its account says what was asked and received")
func chargedStore() async throws {
    let base = MemoryColdStore(ColdDescription(dimension: 2, metric: .euclidean))
    let store = ChargedColdStore(over: base, RoundPrices())
    store.setSize(ColdSize(vectorCount: 7, vectorBytes: 8))
    let keys = try ["a", "b", "c"].map { try VectorKey($0) }
    try await store.put(keys.map { ColdVector(key: $0, values: [1, 2], metadata: Metadata()) }, timeout: .seconds(1))
    #expect(store.bill.charges[.put]?.keyCount == 3 && store.bill.charges[.put]?.dollars == 27)
    let found = try await store.fetch(keys + [try VectorKey("d")], .values, timeout: .seconds(1))
    #expect(found.count == 3)
    let fetch = try #require(store.bill.charges[.fetch])
    #expect(fetch.requestCount == 1 && fetch.keyCount == 4 && fetch.receivedByteCount == 27 && fetch.dollars == 1)
    let page = try await store.list(ColdListRequest(.values, limit: 10), timeout: .seconds(1))
    #expect(page.vectors.count == 3 && store.bill.charges[.list]?.keyCount == 3)
    _ = try await store.query(ColdQuery(values: [1, 2], count: 2), timeout: .seconds(1))
    #expect(store.bill.charges[.query]?.dollars == 7)
}
