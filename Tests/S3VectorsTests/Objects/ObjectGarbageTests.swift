import Synchronization
import Testing
import Tiers
import Vectors

@testable import S3Vectors

@Suite("Plain S3: what a dead writer leaves")
struct ObjectGarbageTests {
    private let time = Duration.seconds(60)
    /// However young: of a server that says its time in whole seconds, and those of objects more exactly.
    private static let anyAge = Duration.seconds(-2)
    private static let description = ColdDescription(dimension: 2, metric: .euclidean)

    /// The way to a server of a process that is killed when it wants to send what `kills` says, and sends no more.
    private final class MortalWay: HTTPSending {
        private let base: any HTTPSending
        private let kills: @Sendable (HTTPRequest) -> Bool
        private let isDead = Atomic<Bool>(false)

        init(_ base: any HTTPSending, killedBy kills: @escaping @Sendable (HTTPRequest) -> Bool) {
            self.base = base
            self.kills = kills
        }

        func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
            if kills(request) { isDead.store(true, ordering: .sequentiallyConsistent) }
            if isDead.load(ordering: .sequentiallyConsistent) { throw .closed }
            return try await base.send(request)
        }
    }

    private static func vector(_ number: Int) throws -> ColdVector {
        ColdVector(key: try VectorKey("key \(number)"), values: [Float(number), 1], metadata: Metadata())
    }

    @Test("a writer killed between pack and manifest leaves a pack and nothing else", arguments: BucketPlace.all)
    func killedWriter(place: BucketPlace) async throws {
        let ground = try place.ground()
        let living = ground.store()
        try await living.create(Self.description, timeout: time)
        try await living.put([Self.vector(1)], timeout: time)
        let dying = ground.store(
            through: MortalWay(ground.http) { $0.method == "PUT" && $0.url.hasSuffix("manifest.json") })
        await #expect(throws: ColdError.self) { try await dying.put([Self.vector(1), Self.vector(2)], timeout: time) }
        #expect(try await ground.names().count == 3, "the manifest, the pack it names, and the dead writer's")
        let keys = try [1, 2].map { try VectorKey("key \($0)") }
        #expect(try await ground.store().fetch(keys, .values, timeout: time).map(\.key.text) == ["key 1"])

        #expect(try await living.collectGarbage(timeout: time) == 0, "it may be about to be named")
        try await living.put([Self.vector(3)], timeout: time)
        #expect(try await living.collectGarbage(olderThan: Self.anyAge, timeout: time) == 1)
        #expect(try await ground.names().count == 3)
        let found = try await ground.store().list(ColdListRequest([], limit: 10), timeout: time)
        #expect(found.vectors.map(\.key.text).sorted() == ["key 1", "key 3"])
    }

    @Test("a merge that was killed loses nothing, and its pack goes", arguments: BucketPlace.all, ["PUT", "DELETE"])
    func killedMerge(place: BucketPlace, method: String) async throws {
        let ground = try place.ground()
        let living = ground.store()
        try await living.create(Self.description, timeout: time)
        for number in 0..<5 { try await living.put([Self.vector(number)], timeout: time) }
        let dying = ground.store(
            through: MortalWay(ground.http) { request in
                request.method == method && (method == "DELETE" || request.url.hasSuffix("manifest.json"))
            })
        try? await dying.merge(all: true, timeout: time)
        #expect(try await ground.names().count == 1 + 5 + 1)
        let reader = ground.store()
        #expect(try await reader.list(ColdListRequest([], limit: 10), timeout: time).vectors.count == 5)
        // Before the new manifest its pack is too much, after it the five that it replaced are.
        #expect(try await living.collectGarbage(olderThan: Self.anyAge, timeout: time) == (method == "PUT" ? 1 : 5))
        #expect(try await reader.list(ColdListRequest([.values], limit: 10), timeout: time).vectors.count == 5)
    }

    @Test("packs that no manifest names go an hour later, and nothing that is not ours")
    func age() async throws {
        let bucket = FakeBucket()
        let ground = BucketGround(prefix: "a", http: bucket, endpoint: "http://127.0.0.1:1")
        let clock = VirtualClock(passesByItself: true)
        let store = ground.store(clock: clock) { settings in
            settings.mergesByItself = true
            settings.packLimit = 2
        }
        try await store.create(Self.description, timeout: time)
        let orphan = "a/packs/" + String(repeating: "0a", count: 16)
        bucket.state.withLock { state in
            for name in [orphan, "a/packs/notes.txt", "a/other"] {
                state.objects[name] = .init(bytes: [1], etag: "e", modifiedAt: state.now)
            }
        }
        #expect(try await store.collectGarbage(timeout: time) == 0)
        bucket.state.withLock { $0.now += 3599 }
        #expect(try await store.collectGarbage(timeout: time) == 0)
        bucket.state.withLock { $0.now += 1 }
        for number in 0..<4 { try await store.put([Self.vector(number)], timeout: time) }
        while bucket.objects[orphan] != nil { await Task.yield() }
        #expect(bucket.objects["a/packs/notes.txt"] != nil && bucket.objects["a/other"] != nil)
        #expect(try await store.list(ColdListRequest([], limit: 10), timeout: time).vectors.count == 4)
    }

    @Test("a server that does not keep the conditions of writes is refused, and nothing stays")
    func ignoredConditions() async throws {
        let bucket = FakeBucket()
        bucket.state.withLock { $0.ignoresConditions = true }
        let ground = BucketGround(prefix: "a", http: bucket, endpoint: "http://127.0.0.1:1")
        do {
            try await ground.store().create(Self.description, timeout: time)
            Issue.record("it was made")
        } catch {
            #expect(error == .refused(status: 501, code: "no_conditional_writes", message: error.message))
        }
        #expect(bucket.objects.isEmpty)
    }

    @Test("a server that compares tags without their quotes is spoken to so, after one refusal")
    func bareTags() async throws {
        let bucket = FakeBucket()
        bucket.state.withLock { $0.comparesBareTags = true }
        let ground = BucketGround(prefix: "a", http: bucket, endpoint: "http://127.0.0.1:1")
        let store = ground.store()
        try await store.create(Self.description, timeout: time)
        for number in 0..<3 { try await store.put([Self.vector(number)], timeout: time) }
        let tags = bucket.requests.filter { $0.target.path.hasSuffix(ObjectManifest.name) }
            .compactMap { $0.header("if-match") }
        // The first is that of a tag that nothing has, by which the server shows that it keeps conditions.
        #expect(tags.dropFirst().map { $0.hasPrefix("\"") } == [true, false, false, false])
        #expect(try await store.list(ColdListRequest([], limit: 10), timeout: time).vectors.count == 3)
    }

    @Test("a wrong clock is put right by the server's, once")
    func clock() async throws {
        let bucket = FakeBucket()
        let ground = BucketGround(prefix: "a", http: bucket, endpoint: "http://127.0.0.1:1")
        let store = ground.store()
        try await store.create(Self.description, timeout: time)
        let text = "<Error><Code>RequestTimeTooSkewed</Code></Error>"
        bucket.state.withLock { state in
            state.answers = [.text(text, status: 403, headers: [.init("Date", "Thu, 26 Nov 2026 03:04:05 GMT")])]
        }
        _ = try await store.describe(timeout: time)
        let dates = bucket.requests.suffix(2).compactMap { $0.header("x-amz-date") }
        #expect(dates.last == "20261126T030405Z" && dates.first != dates.last)
    }
}

extension ColdError {
    fileprivate var message: String {
        if case .refused(_, _, let message) = self { message } else { "" }
    }
}
