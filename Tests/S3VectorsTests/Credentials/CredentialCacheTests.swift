import Synchronization
import Testing

@testable import S3Vectors

@Suite("Credentials are kept, and renewed in time")
struct CredentialCacheTests {
    /// Gives numbered keys that live for a while.
    private final class Source: Sendable {
        struct State {
            var now = 1000.0
            var count = 0
            var lifetime = 3600.0
            var isDown = false
        }
        let state = Mutex(State())

        func find() throws(CredentialError) -> Credentials {
            let (number, expiration, isDown) = state.withLock { state in
                state.count += 1
                return (state.count, state.now + state.lifetime, state.isDown)
            }
            if isDown { throw .unanswered(by: "test", .timedOut) }
            return Credentials(
                accessKeyID: "K\(number)", secretAccessKey: "s", expiration: expiration, origin: "test")
        }

        func cache() -> CredentialCache {
            let find = { @Sendable () async throws(CredentialError) -> Credentials in
                await Task.yield()
                return try self.find()
            }
            return CredentialCache(now: { self.state.withLock { $0.now } }, find: find)
        }

        func advance(_ seconds: Double) { state.withLock { $0.now += seconds } }
        var count: Int { state.withLock { $0.count } }
    }

    private func id(_ cache: CredentialCache) async throws -> String? { try await cache.credentials()?.accessKeyID }

    @Test("many who ask at once wait for one search")
    func singleFlight() async throws {
        let source = Source()
        let cache = source.cache()
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials()?.accessKeyID } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids == ["K1"] && source.count == 1)
    }

    @Test("keys are renewed behind the callers' backs before they expire, and waited for close to the end")
    func renewal() async throws {
        let source = Source()
        let cache = source.cache()
        #expect(try await id(cache) == "K1")
        source.advance(3200)
        #expect(try await id(cache) == "K1" && source.count == 1)
        source.advance(200)  // 200 seconds are left
        #expect(try await id(cache) == "K1", "nobody waits")
        while source.count < 2 { await Task.yield() }
        while try await id(cache) != "K2" { await Task.yield() }
        source.advance(3570)  // 30 seconds are left
        #expect(try await id(cache) == "K3", "the last minute waits")
        source.advance(10_000)
        #expect(try await id(cache) == "K4")
    }

    @Test("short-lived keys are not renewed at every call")
    func shortLives() async throws {
        let source = Source()
        source.state.withLock { $0.lifetime = 60 }
        let cache = source.cache()
        for _ in 0..<40 {
            _ = try await id(cache)
            source.advance(1)
        }
        #expect(source.count == 1)
    }

    @Test("keys serve until they expire while new ones cannot be had; then the error is told, once a second")
    func outage() async throws {
        let source = Source()
        let cache = source.cache()
        _ = try await id(cache)
        source.state.withLock { $0.isDown = true }
        source.advance(3590)
        #expect(try await id(cache) == "K1")
        source.advance(20)
        await #expect(throws: CredentialError.unanswered(by: "test", .timedOut)) { try await id(cache) }
        let count = source.count
        await #expect(throws: CredentialError.self) { try await id(cache) }
        #expect(source.count == count, "not within the same second")
        source.state.withLock { $0.isDown = false }
        source.advance(2)
        #expect(try await id(cache) == "K\(count + 1)")
    }

    @Test("keys that the service refuses are replaced, those that came meanwhile are kept")
    func rejection() async throws {
        let source = Source()
        let cache = source.cache()
        let first = try #require(try await cache.credentials())
        await cache.reject(first)
        #expect(try await id(cache) == "K2")
        await cache.reject(first)
        #expect(try await id(cache) == "K2")
    }

    @Test("a server on this machine needs no keys, any other does")
    func optional() async throws {
        let fake = FakeSurroundings()
        let surroundings = fake.surroundings()
        func provider(_ endpoint: String, isSet: Bool) -> any CredentialProviding {
            OptionalCredentials.provider(
                CredentialCache(CredentialChain(surroundings)),
                for: AWSSettings(region: "us-east-1", endpoint: endpoint, isEndpointSet: isSet),
                now: surroundings.now)
        }
        let here = provider("http://127.0.0.1:8080", isSet: true)
        #expect(try await here.credentials() == nil)
        let count = fake.requests.count
        fake.advance(60)
        #expect(try await here.credentials() == nil)
        #expect(fake.requests.count == count, "nothing is looked for again so soon")
        let there = provider("https://s3vectors.us-east-1.api.aws", isSet: false)
        await #expect(throws: CredentialError.self) { try await there.credentials() }
    }
}
