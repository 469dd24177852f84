package import Tiers

/// Speaks to S3 Vectors, or to any server of its API: signs, paces, retries, counts.
///
/// All operations of the wire model go through ``send(_:_:)``. It is safe to call from many tasks at once.
package final class S3VectorsClient: Sendable {
    package struct Parts: Sendable {
        /// `http://host:port` or `https://host`, without a slash at the end.
        package var endpoint: String
        package var region: String
        /// Nil: requests are not signed, for a server of one's own that checks no signatures.
        package var credentials: (any CredentialProviding)?
        package var http: any HTTPSending
        package var clock: any ColdClock
        /// Seconds since 1970.
        package var wallClock: @Sendable () -> Double
        package var governor = RetryGovernor()
        package var pacer = WritePacer()
        package var meter = CostMeter()

        package init(
            endpoint: String, region: String, credentials: (any CredentialProviding)?, http: any HTTPSending,
            clock: any ColdClock = SystemClock(), wallClock: @escaping @Sendable () -> Double
        ) {
            self.endpoint = endpoint
            self.region = region
            self.credentials = credentials
            self.http = http
            self.clock = clock
            self.wallClock = wallClock
        }
    }

    let parts: Parts
    let signer: SigV4Signer
    let offset = ClockOffset()

    package init(_ parts: Parts) {
        self.parts = parts
        signer = SigV4Signer(region: parts.region)
    }

    package var meter: CostMeter { parts.meter }
    package var governor: RetryGovernor { parts.governor }
    package var endpoint: String { parts.endpoint }

    /// Sends a request until it is answered, refused, or the patience is over.
    /// - Throws: ``S3VectorsError``: the last attempt's, or why no more was made. Of a write, one after which the write
    ///   may have been done counts before a later one after which it cannot: the first attempt may have done it.
    package func send<R: WireRequest>(
        _ request: R, _ patience: Patience = .usual
    ) async throws(S3VectorsError) -> R.Answer {
        var doubt: S3VectorsError?
        do throws(S3VectorsError) {
            return try await tried(request, patience, &doubt)
        } catch {
            if let doubt, !error.mayHaveApplied { throw doubt }
            throw error
        }
    }

    private func tried<R: WireRequest>(
        _ request: R, _ patience: Patience, _ doubt: inout S3VectorsError?
    ) async throws(S3VectorsError) -> R.Answer {
        let call = Call(request)
        let start = parts.clock.now
        var attempt = 0
        var hasRenewed = false
        var last: S3VectorsError?
        while true {
            attempt += 1
            let timeout = try await admitted(call, patience, start, last)
            let failure: Failure
            do throws(Failure) {
                let answer: R.Answer = try await self.attempt(call, isRetry: attempt > 1, timeout: timeout)
                parts.governor.succeeded(retryCount: attempt - 1)
                return answer
            } catch {
                failure = error
            }
            parts.governor.failed(failure.error, now: parts.clock.now)
            last = failure.error
            if R.operation.isWrite, failure.error.mayHaveApplied { doubt = failure.error }
            // Keys that have just expired, or a clock that is wrong, are mended at once, and once.
            if !hasRenewed, await isMended(failure) {
                hasRenewed = true
                continue
            }
            guard failure.error.isRetryable, attempt < patience.attemptLimit,
                let pause = parts.governor.pause(after: failure.error, attempt: attempt, wanted: failure.wantedPause)
            else { throw failure.error }
            if let left = timeLeft(patience, start), left <= pause { throw failure.error }
            try await sleep(pause)
        }
    }

    /// Waits until the circuit and the index's rate let an attempt go; gives its timeout.
    private func admitted<R>(
        _ call: Call<R>, _ patience: Patience, _ start: Duration, _ last: S3VectorsError?
    ) async throws(S3VectorsError) -> Duration {
        if Task.isCancelled { throw .cancelled }
        while let pause = parts.governor.refusal(now: parts.clock.now) {
            // Others wait for the same moment, and one of them tries first.
            let spread = pause + parts.governor.jitter(upTo: .milliseconds(200))
            guard patience.waitsOutBreaks, timeLeft(patience, start).map({ $0 > spread }) ?? true else {
                throw last ?? .circuitOpen(retryIn: pause)
            }
            try await sleep(spread)
        }
        if let index = call.pacedIndex {
            let pause = parts.pacer.reserve(index, count: call.keyCount, now: parts.clock.now)
            if let left = timeLeft(patience, start), left <= pause {
                throw abandoned(.deadlineExceeded(last: last?.description))
            }
            do throws(S3VectorsError) { try await sleep(pause) } catch { throw abandoned(error) }
        }
        guard let left = timeLeft(patience, start) else { return patience.timeout }
        guard left > .zero else { throw abandoned(.deadlineExceeded(last: last?.description)) }
        return min(patience.timeout, left)
    }

    /// An attempt that the circuit let through is not made after all.
    private func abandoned(_ error: S3VectorsError) -> S3VectorsError {
        parts.governor.failed(error, now: parts.clock.now)
        return error
    }

    private func isMended(_ failure: Failure) async -> Bool {
        guard case .service(_, let error) = failure.error, error.status == 403 || error.status == 400 else {
            return false
        }
        if ClockOffset.codes.contains(error.code.rawValue) {
            return offset.learn(date: failure.date, now: parts.wallClock())
        }
        guard ["ExpiredTokenException", "ExpiredToken"].contains(error.code.rawValue),
            let provider = parts.credentials, let used = failure.credentials
        else { return false }
        await provider.reject(used)
        return true
    }

    private func timeLeft(_ patience: Patience, _ start: Duration) -> Duration? {
        patience.total.map { start + $0 - parts.clock.now }
    }

    private func sleep(_ pause: Duration) async throws(S3VectorsError) {
        guard pause > .zero else { return }
        do { try await parts.clock.sleep(for: pause) } catch { throw .cancelled }
    }
}
