import Synchronization
import Testing
import Tiers

@testable import S3Vectors

@Suite("Retries of the client")
struct RetryTests {
    private let get = GetVectors(index: FakeService.target, keys: ["key-1"], returnData: true)

    private func failure(_ client: S3VectorsClient, _ patience: Patience = .usual) async -> S3VectorsError? {
        do throws(S3VectorsError) {
            _ = try await client.send(get, patience)
            return nil
        } catch {
            return error
        }
    }

    private func endless(_ fault: FakeService.Fault) -> [FakeService.Fault?] { Array(repeating: fault, count: 500) }

    @Test("what may pass is tried again, and counted")
    func retries() async throws {
        let service = FakeService()
        service.fill(3)
        service.script([
            .answer(503, type: "ServiceUnavailableException"), .transport(.connectionLost(message: "x")), .truncated,
        ])
        let client = service.client()
        #expect(try await client.send(get).vectors.map(\.key) == ["key-1"])
        let counts = try #require(client.meter.counts[.getVectors])
        #expect(counts.requestCount == 4 && counts.retryCount == 3 && counts.keyCount == 4)
        #expect(counts.failureCount == 2, "an answer that was cut off was an answer")
    }

    @Test("what is refused is not tried again", arguments: [400, 402, 403, 404, 409, 413, 501])
    func refusals(status: Int) async throws {
        let service = FakeService()
        service.script([.answer(status, type: "SomeException")])
        let error = await failure(service.client())
        guard case .service(.getVectors, let error)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.status == status && error.code.rawValue == "SomeException" && error.message == "scripted")
        #expect(service.requests.count == 1)
    }

    @Test("JSON of another kind is strange and not tried again; what is no JSON is")
    func strange() async throws {
        let service = FakeService()
        service.script([.body(#"{"vectors":[{"key":7}]}"#)])
        guard case .strangeAnswer? = await failure(service.client()) else {
            Issue.record("not strange")
            return
        }
        #expect(service.requests.count == 1)
        service.script([.body("{\"vectors\":[")])
        #expect(await failure(service.client()) == nil)
        #expect(service.requests.count == 3)
    }

    @Test("pauses are random below a ceiling that doubles, longer after 429, and above what the service asks for")
    func pauses() throws {
        var settings = RetryGovernor.Settings()
        settings.seed = 3
        settings.budget = 100_000
        let governor = RetryGovernor(settings)
        func pauses(_ status: Int, _ attempt: Int, wanted: Duration? = nil) throws -> [Double] {
            let error = S3VectorsError.service(.getVectors, ServiceError(.init(rawValue: "X"), "", status: status))
            return try (0..<1000).map { _ in
                try #require(governor.pause(after: error, attempt: attempt, wanted: wanted)).inSeconds
            }
        }
        for attempt in 1...5 {
            let ceiling = 0.05 * Double(1 << (attempt - 1))
            let drawn = try pauses(503, attempt)
            #expect(drawn.allSatisfy { (0...ceiling).contains($0) })
            let mean = drawn.reduce(0, +) / 1000
            #expect(abs(mean / ceiling - 0.5) < 0.05)
        }
        #expect(try pauses(429, 1).contains { $0 > 0.4 })
        #expect(try pauses(503, 60).allSatisfy { $0 <= 20 })
        #expect(try pauses(429, 1, wanted: .seconds(2)).allSatisfy { (2...2.5).contains($0) })
    }

    @Test("x-amz-retry-after is waited for, in milliseconds")
    func retryAfter() async throws {
        let service = FakeService()
        service.script([
            .answer(503, type: "ServiceUnavailableException", headers: [.init("x-amz-retry-after", "7000")])
        ])
        #expect(await failure(service.client()) == nil)
        #expect(service.clock.now >= .seconds(7) && service.clock.now < .seconds(8))
    }

    @Test("the budget ends the retries of a service that is down")
    func budget() async throws {
        let service = FakeService()
        service.script(endless(.answer(503, type: "ServiceUnavailableException")))
        let client = service.client { parts in
            var settings = RetryGovernor.Settings()
            settings.seed = 1
            settings.budget = 5
            settings.breaker.failureLimit = .max
            parts.governor = RetryGovernor(settings)
        }
        for _ in 0..<10 { #expect(await failure(client) != nil) }
        #expect(service.requests.count == 10 + 5)
        #expect(client.governor.refusalCount >= 8)
    }

    @Test("the circuit opens for a service that is down: then nothing is sent, until a try after the break")
    func circuit() async throws {
        let service = FakeService()
        service.script(endless(.transport(.timedOut)))
        let client = service.client()
        var last: S3VectorsError?
        for _ in 0..<20 { last = await failure(client, .once(.seconds(1))) }
        #expect(service.requests.count == 10)
        guard case .circuitOpen? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        service.state.withLock { $0.script = [] }
        #expect(await failure(client, .once(.seconds(1))) != nil, "still within the break")
        service.clock.advance(by: .seconds(2))
        #expect(await failure(client, .once(.seconds(1))) == nil)
        #expect(client.governor.circuitOpenedCount == 1)
    }

    @Test("who has time waits the breaks out")
    func waitingOut() async throws {
        let service = FakeService()
        service.script(Array(repeating: .answer(500, type: "InternalServerException"), count: 15))
        let client = service.client()
        var patience = Patience.bulk
        patience.attemptLimit = 100
        #expect(await failure(client, patience) == nil)
        #expect(service.requests.count == 16)
        #expect(client.governor.circuitOpenedCount > 0)
    }

    @Test("no attempt begins after the deadline, and none lasts beyond it")
    func deadline() async throws {
        let service = FakeService()
        service.script(endless(.answer(429, type: "TooManyRequestsException")))
        let client = service.client()
        let patience = Patience(timeout: .seconds(10), total: .seconds(2), attemptLimit: 100)
        #expect(await failure(client, patience) != nil)
        #expect(service.clock.now <= .seconds(2))
        #expect(service.requests.allSatisfy { $0.timeout <= .seconds(2) })
        #expect(await failure(client, Patience(timeout: .seconds(1), total: .zero, attemptLimit: 2)) != nil)
    }

    @Test("keys that have expired are renewed, and the call is sent again at once, but once only")
    func expiredKeys() async throws {
        let service = FakeService()
        let counter = Counter()
        let find = { @Sendable () async throws(CredentialError) -> Credentials in
            Credentials(accessKeyID: "K\(counter.next())", secretAccessKey: "s", origin: "the test")
        }
        let cache = CredentialCache(now: { 0 }, find: find)
        let client = service.client { $0.credentials = cache }
        let expired = FakeService.Fault.answer(403, type: "ExpiredTokenException")
        service.script([expired])
        #expect(await failure(client, .once(.seconds(1))) == nil)
        let keys = service.requests.map { $0.header("authorization")?.split(separator: "/").first }
        #expect(keys == ["AWS4-HMAC-SHA256 Credential=K1", "AWS4-HMAC-SHA256 Credential=K2"])
        service.script([expired, expired])
        #expect(await failure(client, .usual) != nil)
        #expect(service.requests.count == 4)
    }

    @Test("a clock that is wrong is set by the service's")
    func wrongClock() async throws {
        let service = FakeService()
        let client = service.client()
        let skewed = FakeService.Fault.answer(
            403, type: "InvalidSignatureException", headers: [.init("Date", "Fri, 02 Jan 2026 05:04:05 GMT")])
        service.script([skewed])
        #expect(await failure(client, .once(.seconds(1))) == nil)
        #expect(await failure(client, .once(.seconds(1))) == nil)
        #expect(
            service.requests.map { $0.header("x-amz-date") }
                == ["20260102T030405Z", "20260102T050405Z", "20260102T050405Z"])
        service.script([skewed])
        #expect(await failure(client) != nil, "a signature that is wrong for another reason is not sent twice")
        #expect(service.requests.count == 4)
        let offset = ClockOffset()
        for date in [nil, "yesterday", "2026-01-02T05:04:05Z", "Fri, 02 Foo 2026 05:04:05 GMT"] {
            #expect(!offset.learn(date: date, now: 0))
        }
    }

    @Test("a cancelled task sends nothing more")
    func cancellation() async throws {
        let service = FakeService()
        let client = service.client()
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await failure(client)
        }
        #expect(await task.value == .cancelled)
        #expect(service.requests.isEmpty)
    }

    @Test("a write that an earlier attempt may have done stays in doubt; a read does not")
    func doubt() async throws {
        let service = FakeService()
        let client = service.client()
        let faults: [FakeService.Fault?] = [
            .appliedThenLost(.timedOut), .answer(403, type: "AccessDeniedException"),
        ]
        service.script(faults)
        let put = PutVectors(index: FakeService.target, vectors: [.init(key: "k", data: [1, 2, 3, 4])])
        await #expect(throws: S3VectorsError.transport(.putVectors, .timedOut)) { try await client.send(put) }
        #expect(service.vectors.count == 1 && service.requests.count == 2)
        service.script(faults)
        #expect(await failure(client)?.mayHaveApplied == false)
    }

    @Test("what a write may have done is known by how it ended")
    func applied() {
        func service(_ status: Int) -> S3VectorsError {
            .service(.putVectors, ServiceError(.init(rawValue: "X"), "", status: status))
        }
        #expect(service(500).mayHaveApplied && service(503).mayHaveApplied && service(408).mayHaveApplied)
        #expect(!service(400).mayHaveApplied && !service(429).mayHaveApplied)
        #expect(S3VectorsError.transport(.putVectors, .timedOut).mayHaveApplied)
        #expect(!S3VectorsError.transport(.putVectors, .unreachable(message: "")).mayHaveApplied)
        #expect(S3VectorsError.unreadableAnswer(.putVectors, what: "").mayHaveApplied)
        #expect(!S3VectorsError.circuitOpen(retryIn: .zero).mayHaveApplied)
        #expect(!S3VectorsError.deadlineExceeded(last: nil).mayHaveApplied)
    }
}
