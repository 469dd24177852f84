internal import Tiers

extension S3VectorsClient {
    /// A request with what is the same in all of its attempts.
    struct Call<R: WireRequest>: Sendable {
        let path: String
        let query: String
        let body: [UInt8]
        let meter: @Sendable () -> CostMeter.Attempt
        let keyCount: Int
        /// The index whose rate of writes it counts against.
        let pacedIndex: String?

        init(_ request: R) {
            path = request.path
            query = request.query
            body = request.body
            let counted = CostMeter.Attempt(request)
            meter = { counted }
            keyCount = counted.keyCount
            pacedIndex = R.operation == .putVectors || R.operation == .deleteVectors ? counted.index : nil
        }
    }

    /// Why an attempt failed, and what its answer said beside.
    struct Failure: Error {
        let error: S3VectorsError
        var wantedPause: Duration?
        /// The header Date.
        var date: String?
        /// What it was signed with.
        var credentials: Credentials?
    }

    /// One attempt.
    func attempt<R: WireRequest>(
        _ call: Call<R>, isRetry: Bool, timeout: Duration
    ) async throws(Failure) -> R.Answer {
        let operation = R.operation
        var credentials: Credentials?
        do throws(CredentialError) {
            credentials = try await parts.credentials?.credentials()
        } catch {
            throw Failure(error: .credentials(error))
        }
        let request = request(call, credentials, timeout)
        var counted = call.meter()
        counted.isRetry = isRetry
        counted.sentByteCount = call.body.count
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await parts.http.send(request)
        } catch {
            counted.isLost = error.mayHaveBeenSent
            if error.mayHaveBeenSent { meter.note(operation, counted) }
            throw Failure(error: error == .cancelled ? .cancelled : .transport(operation, error))
        }
        counted.receivedByteCount = response.body.count
        defer { meter.note(operation, counted) }
        guard response.status == 200 else {
            counted.isThrottled = response.status == 429
            if counted.isThrottled, let index = call.pacedIndex { parts.pacer.refused(index, now: parts.clock.now) }
            throw failure(operation, response, credentials)
        }
        counted.isAnswered = true
        if let index = call.pacedIndex { parts.pacer.accepted(index) }
        do throws(WireError) {
            let answer = try R.Answer.read(response.body[...])
            counted.note(answer)
            return answer
        } catch {
            // Text that is no JSON is an answer that was cut off, or a proxy's page: another try may be whole.
            if case .notJSON = error { throw Failure(error: .unreadableAnswer(operation, what: "\(error)")) }
            throw Failure(error: .strangeAnswer(operation, what: "\(error)"))
        }
    }

    private func request<R>(_ call: Call<R>, _ credentials: Credentials?, _ timeout: Duration) -> HTTPRequest {
        let url = parts.endpoint + call.path + (call.query.isEmpty ? "" : "?" + call.query)
        var request = HTTPRequest(R.operation.method, url, body: call.body, timeout: timeout)
        if !call.body.isEmpty { request.headers.append(HTTPHeader("Content-Type", "application/json")) }
        if let credentials { request.sign(signer, credentials, at: parts.wallClock() + offset.value) }
        request.headers.append(HTTPHeader("User-Agent", "memvec"))
        request.usesProxy = !(Endpoint.host(url).map { Endpoint.isLoopback($0) } ?? false)
        return request
    }

    private func failure(_ operation: Operation, _ response: HTTPResponse, _ credentials: Credentials?) -> Failure {
        let error = ServiceError(
            status: response.status, errorType: response.header(ServiceError.typeHeader),
            retryAfter: response.header(ServiceError.retryAfterHeader), body: response.body)
        return Failure(
            error: .service(operation, error),
            wantedPause: error.retryAfterMilliseconds.map { .milliseconds($0) }, date: response.header("Date"),
            credentials: credentials)
    }
}
