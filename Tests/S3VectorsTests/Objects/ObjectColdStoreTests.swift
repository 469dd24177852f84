import Synchronization
import Testing
import Tiers
import Vectors
import Workload

@testable import S3Vectors

@Suite("Plain S3 as the cold store")
struct ObjectColdStoreTests {
    private let time = Duration.seconds(60)
    private static let description = ColdDescription(
        dimension: 4, metric: .euclidean, nonFilterableKeys: ["text"])

    private static func vector(_ number: Int, _ value: Float = 1) throws -> ColdVector {
        ColdVector(
            key: try VectorKey("key \(number)"), values: [Float(number), value, -1, 0.5],
            metadata: number % 3 == 0 ? Metadata() : try Metadata(json: #"{"n":\#(number),"text":"é"}"#))
    }

    private static func all(_ store: ObjectColdStore, segments: Int = 1, limit: Int = 1000) async throws -> [ColdVector]
    {
        var found: [ColdVector] = []
        for index in 0..<segments {
            var request = ColdListRequest(
                [.values, .metadata], limit: limit, segment: .init(index: index, of: segments))
            repeat {
                let page = try await store.list(request, timeout: .seconds(60))
                #expect(page.vectors.count <= limit)
                found += page.vectors
                request.token = page.nextToken
            } while request.token != nil
        }
        return found.sorted { $0.key < $1.key }
    }

    @Test("it does what a store in memory does, with merges in between", arguments: BucketPlace.all, Seed.quick)
    func model(place: BucketPlace, seed: UInt64) async throws {
        let ground = try place.ground()
        let store = ground.store { settings in
            settings.gapBytes = 30
            settings.readBytes = 200
            settings.packLimit = 6
        }
        try await store.create(Self.description, timeout: time)
        var description = try await store.describe(timeout: time)
        #expect(description.creationTime > 1_700_000_000)
        description.creationTime = 0
        #expect(description == Self.description)
        let memory = MemoryColdStore(Self.description)
        var dice = SplitMix64(seed: seed)
        func numbers(_ count: Int) -> [Int] { dice.permutation(80).prefix(1 + dice.below(count)).map { Int($0) } }
        for step in 0..<Seed.steps(120) {
            switch dice.below(5) {
            case 0, 1:
                let vectors = try numbers(25).map { try Self.vector($0, Float(step)) }
                try await store.put(vectors, timeout: time)
                try await memory.put(vectors, timeout: time)
            case 2:
                let keys = try numbers(8).map { try VectorKey("key \($0)") }
                try await store.delete(keys, timeout: time)
                try await memory.delete(keys, timeout: time)
            case 3:
                let keys = try numbers(50).map { try VectorKey("key \($0)") }
                let parts = ColdParts(rawValue: UInt8(dice.below(4)))
                let found = try await store.fetch(keys, parts, timeout: time).sorted { $0.key < $1.key }
                let expected = try await memory.fetch(keys, parts, timeout: time).sorted { $0.key < $1.key }
                #expect(found == expected, "MEMVEC_SEED=\(seed)")
            default: try await store.merge(all: dice.below(8) == 0, timeout: time)
            }
        }
        let expected = try await memory.list(ColdListRequest([.values, .metadata], limit: 1000), timeout: time).vectors
        #expect(try await Self.all(store) == expected, "MEMVEC_SEED=\(seed)")
        #expect(try await Self.all(store, segments: 5, limit: 3) == expected, "MEMVEC_SEED=\(seed)")
        // Another process sees the same, and a merge of all leaves one pack and nothing that is not needed.
        try await store.merge(all: true, timeout: time)
        #expect(try await Self.all(ground.store(), segments: 3) == expected, "MEMVEC_SEED=\(seed)")
        #expect(try await ground.names().count == 2)
    }

    @Test("a fetch reads what it wants and not much more", arguments: BucketPlace.all)
    func economy(place: BucketPlace) async throws {
        let ground = try place.ground()
        let store = ground.store { $0.gapBytes = 0 }
        try await store.create(Self.description, timeout: time)
        try await store.put(try (0..<500).map { try Self.vector($0) }, timeout: time)
        let keys = try [1, 100, 250].map { try VectorKey("key \($0)") }
        let before = store.bucket.meter.bill.total
        #expect(try await store.fetch(keys, .values, timeout: time).count == 3)
        let after = store.bucket.meter.bill.total
        #expect(after.requestCount - before.requestCount <= 3, "the directory is known, and so is the manifest")
        #expect(after.receivedByteCount - before.receivedByteCount == 3 * 16)
        #expect(after.dollars > before.dollars)
    }

    @Test("keys that lie near one another come by one request", arguments: BucketPlace.all)
    func mergedRanges(place: BucketPlace) async throws {
        let ground = try place.ground()
        try await ground.store().create(Self.description, timeout: time)
        try await ground.store().put(try (0..<500).map { try Self.vector($0) }, timeout: time)
        let store = ground.store()
        let keys = try (0..<100).map { try VectorKey("key \($0 * 5)") }
        let found = try await store.fetch(keys, [.values, .metadata], timeout: time)
        #expect(
            found.sorted { $0.key < $1.key }
                == (try keys.indices.map { try Self.vector($0 * 5) }.sorted { $0.key < $1.key }))
        let charge = try #require(store.bucket.meter.bill.charges[.fetch])
        #expect(charge.requestCount == 3, "the manifest, the directory, and one range for all")
    }

    /// As those who call a cold store do: Ceph's gateway answers 500 where two writers meet.
    private static func retried(_ body: () async throws(ColdError) -> Void) async throws(ColdError) {
        for _ in 0..<100 {
            do throws(ColdError) { return try await body() } catch { if !error.isRetryable { throw error } }
        }
        try await body()
    }

    @Test("writers in different processes lose nothing of one another's", arguments: BucketPlace.all)
    func twoWriters(place: BucketPlace) async throws {
        let ground = try place.ground()
        try await ground.store().create(Self.description, timeout: time)
        await #expect(throws: ColdError.self, "there is one already") {
            try await ground.store().create(Self.description, timeout: time)
        }
        let writers = (0..<6).map { _ in ground.store() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (writer, store) in writers.enumerated() {
                group.addTask {
                    for batch in 0..<8 {
                        let vectors = [
                            try Self.vector(writer * 100 + batch), try Self.vector(writer * 100 + 50 + batch),
                        ]
                        try await Self.retried { () throws(ColdError) in
                            try await store.put(vectors, timeout: .seconds(600))
                        }
                        guard writer == 0, batch % 3 == 2 else { continue }
                        try await Self.retried { () throws(ColdError) in
                            try await store.merge(all: true, timeout: .seconds(600))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let keys = try await Self.all(ground.store()).map(\.key)
        #expect(keys.count == 6 * 16 && Set(keys).count == 6 * 16)
    }

    @Test(
        "a reader goes on by its own manifest for a second, and by a newer one when packs were merged away",
        arguments: BucketPlace.all)
    func foreignMerge(place: BucketPlace) async throws {
        let ground = try place.ground()
        let clock = VirtualClock(passesByItself: true)
        let writer = ground.store()
        try await writer.create(Self.description, timeout: time)
        for number in 0..<5 { try await writer.put([try Self.vector(number)], timeout: time) }
        let reader = ground.store(clock: clock)
        let keys = try (0..<6).map { try VectorKey("key \($0)") }
        #expect(try await reader.fetch(keys, .values, timeout: time).count == 5)
        try await writer.put([try Self.vector(5)], timeout: time)
        #expect(try await reader.fetch(keys, .values, timeout: time).count == 5, "within the second")
        clock.advance(by: .seconds(2))
        #expect(try await reader.fetch(keys, .values, timeout: time).count == 6)
        try await writer.merge(all: true, timeout: time)
        #expect(try await reader.fetch(keys, .values, timeout: time).count == 6, "the packs it knew are gone")
    }

    @Test("too many small packs are merged without being told to", arguments: BucketPlace.all)
    func merging(place: BucketPlace) async throws {
        let store = try place.ground().store { settings in
            settings.mergesByItself = true
            settings.packLimit = 4
        }
        try await store.create(Self.description, timeout: time)
        for number in 0..<60 {
            try await store.put([try Self.vector(number)], timeout: time)
            while await store.packCount > 6 { await Task.yield() }
        }
        #expect(try await Self.all(store).count == 60)
    }

    @Test("what is refused changes nothing and leaves nothing", arguments: BucketPlace.all)
    func refusals(place: BucketPlace) async throws {
        let ground = try place.ground()
        let store = ground.store()
        await #expect(throws: ColdError.self, "there is none") { try await store.describe(timeout: time) }
        try await store.create(Self.description, timeout: time)
        let good = try Self.vector(1)
        let wrong = ColdVector(key: good.key, values: [1, 2])
        let infinite = ColdVector(key: good.key, values: [1, 2, 3, .infinity])
        for batch in [[], [good, good], [wrong], [infinite]] {
            await #expect(throws: ColdError.self) { try await store.put(batch, timeout: time) }
        }
        await #expect(throws: ColdError.self) { try await store.fetch([], .values, timeout: time) }
        await #expect(throws: ColdError.self) {
            try await store.list(ColdListRequest(.values, limit: 10, token: "x"), timeout: time)
        }
        #expect(try await ground.names() == ["manifest.json"])
        #expect(try await store.query(ColdQuery(values: [1, 2, 3, 4], count: 1), timeout: time) == nil)
    }

    @Test("through faults, retried by the caller, nothing that was acknowledged is lost", arguments: Seed.quick)
    func faults(seed: UInt64) async throws {
        let bucket = FakeBucket()
        let ground = BucketGround(prefix: "a/b", http: bucket, endpoint: "http://127.0.0.1:1")
        let store = ground.store()
        try await store.create(Self.description, timeout: time)
        bucket.state.withLock { state in
            state.dice = SplitMix64(seed: seed)
            state.faultShare = 0.2
        }
        var dice = SplitMix64(seed: seed)
        var model: [VectorKey: ColdVector] = [:]
        /// Tries until it is done.
        func insist(_ body: () async throws(ColdError) -> Void) async throws {
            for _ in 0..<200 {
                do throws(ColdError) {
                    try await body()
                    return
                } catch {
                    try #require(error.isRetryable, "MEMVEC_SEED=\(seed): \(error)")
                }
            }
            Issue.record("never done, MEMVEC_SEED=\(seed)")
        }
        for step in 0..<Seed.steps(40) {
            let vectors = try (0..<5).map { _ in dice.below(60) }.reduce(into: [Int: ColdVector]()) {
                $0[$1] = try Self.vector($1, Float(step))
            }.values
            try await insist { () async throws(ColdError) in try await store.put(Array(vectors), timeout: time) }
            for vector in vectors { model[vector.key] = vector }
            let key = try VectorKey("key \(dice.below(60))")
            try await insist { () async throws(ColdError) in try await store.delete([key], timeout: time) }
            model[key] = nil
            if step % 10 == 9 {
                try await insist { () async throws(ColdError) in try await store.merge(all: true, timeout: time) }
            }
        }
        bucket.state.withLock { $0.faultShare = 0 }
        let found = try await Self.all(ground.store())
        #expect(found == model.values.sorted { $0.key < $1.key }, "MEMVEC_SEED=\(seed)")
    }
}
