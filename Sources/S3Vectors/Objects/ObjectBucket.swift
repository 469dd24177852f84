package import Tiers

/// The few operations of plain S3 that a collection needs: whole objects and ranges, written under a condition.
///
/// Each is one attempt: those who fetch and write try again.
package struct ObjectBucket: Sendable {
    /// What an object must be like for a write to happen.
    package enum Condition: Sendable, Equatable {
        case absent
        case unchanged(etag: String)
    }

    /// For what a request is sent, and how long it may take.
    package struct Errand: Sendable {
        package let operation: ColdOperation
        package let timeout: Duration

        package init(_ operation: ColdOperation, _ timeout: Duration) {
            self.operation = operation
            self.timeout = timeout
        }
    }

    package struct Object: Sendable {
        package var bytes: [UInt8]
        package var etag: String
    }

    /// Of the bucket, with a slash at its end.
    let url: String
    private let region: String
    private let credentials: (any CredentialProviding)?
    private let http: any HTTPSending
    let wallClock: @Sendable () -> Double
    private let offset = ClockOffset()
    package let meter: ObjectMeter

    /// - Parameter settings: an endpoint that somebody set is a server of one's own, whose buckets are the first step
    ///   of the path; S3 itself has them in the host's name.
    package init(
        bucket: String, _ settings: AWSSettings, credentials: (any CredentialProviding)?, http: any HTTPSending,
        wallClock: @escaping @Sendable () -> Double, meter: ObjectMeter = ObjectMeter()
    ) {
        let scheme = "https://"
        // No certificate covers a dot below the service's name.
        if settings.isEndpointSet || bucket.contains(".") || !settings.endpoint.hasPrefix(scheme) {
            url = "\(settings.endpoint)/\(bucket)/"
        } else {
            url = "\(scheme)\(bucket).\(settings.endpoint.dropFirst(scheme.count))/"
        }
        region = settings.region
        self.credentials = credentials
        self.http = http
        self.wallClock = wallClock
        self.meter = meter
    }

    /// The object; nil if it is not there.
    package func get(_ name: String, _ errand: Errand) async throws(ColdError) -> Object? {
        let answer = try await send("GET", name, errand)
        if answer.status == 404, !isBucketMissing(answer) { return nil }
        guard answer.status == 200 else { throw refusal(answer) }
        return try object(answer)
    }

    /// The object if it is another than `etag`; nil if it is the same.
    package func get(_ name: String, ifChangedFrom etag: String, _ errand: Errand) async throws(ColdError) -> Object? {
        let answer = try await send("GET", name, errand, headers: [.init("If-None-Match", etag)])
        if answer.status == 304 { return nil }
        guard answer.status == 200 else { throw refusal(answer) }
        return try object(answer)
    }

    private func object(_ answer: HTTPResponse) throws(ColdError) -> Object {
        guard let etag = answer.header("etag"), !etag.isEmpty else {
            throw .strangeAnswer(what: "an object came without its ETag")
        }
        return Object(bytes: answer.body, etag: etag)
    }

    /// Bytes of an object; nil if it is not there.
    package func get(_ name: String, range: Range<Int>, _ errand: Errand) async throws(ColdError) -> [UInt8]? {
        guard !range.isEmpty else { return [] }
        let header = HTTPHeader("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        let answer = try await send("GET", name, errand, headers: [header])
        if answer.status == 404, !isBucketMissing(answer) { return nil }
        // A server that knows no ranges gives the whole.
        if answer.status == 200, answer.body.count >= range.upperBound { return Array(answer.body[range]) }
        guard answer.status == 206 else { throw refusal(answer) }
        guard answer.body.count == range.count else {
            throw .strangeAnswer(what: "\(answer.body.count) bytes of \(name) came, not \(range.count)")
        }
        return answer.body
    }

    /// Writes an object.
    /// - Returns: the new object's tag; nil, and nothing is written, if the condition does not hold.
    package func put(
        _ name: String, _ bytes: [UInt8], if condition: Condition? = nil, _ errand: Errand
    ) async throws(ColdError) -> String? {
        var headers = [HTTPHeader("Content-Type", "application/octet-stream")]
        switch condition {
        case .absent: headers.append(.init("If-None-Match", "*"))
        case .unchanged(let etag): headers.append(.init("If-Match", etag))
        case nil: break
        }
        let answer = try await send("PUT", name, errand, headers: headers, body: bytes)
        // 409: another write under a condition was under way; 404: what should be unchanged is gone.
        if answer.status == 412 || answer.status == 409 || (answer.status == 404 && condition != nil) {
            if isBucketMissing(answer) { throw refusal(answer) }
            return nil
        }
        guard answer.status == 200 else { throw refusal(answer) }
        guard let etag = answer.header("etag"), !etag.isEmpty else {
            throw .strangeAnswer(what: "an object was written, and its ETag is not said")
        }
        return etag
    }

    /// Removes an object; one that is not there is fine.
    package func delete(_ name: String, _ errand: Errand) async throws(ColdError) {
        let answer = try await send("DELETE", name, errand)
        guard answer.status == 204 || answer.status == 200 || answer.status == 404 else { throw refusal(answer) }
    }

    package struct Listed: Sendable, Equatable {
        package var name: String
        /// Seconds since 1970, by the server's clock.
        package var modifiedAt: Double
    }

    /// The objects whose names begin so, and the server's time in seconds since 1970.
    package func list(
        prefix: String, _ errand: Errand
    ) async throws(ColdError) -> (objects: [Listed], now: Double) {
        var objects: [Listed] = []
        var token: String?
        while true {
            var query = "list-type=2&prefix=\(PercentCoding.encoded(prefix))"
            if let token { query = "continuation-token=\(PercentCoding.encoded(token))&" + query }
            let answer = try await send("GET", "", errand, query: query)
            guard answer.status == 200 else { throw refusal(answer) }
            let text = String(decoding: answer.body, as: UTF8.self)
            guard let now = answer.header("date").flatMap(ClockOffset.seconds(ofHTTPDate:)) else {
                throw .strangeAnswer(what: "a listing came without its date")
            }
            for element in XMLText.elements("Contents", of: text) {
                guard let name = XMLText.first("Key", in: element),
                    let time = XMLText.first("LastModified", in: element).flatMap(Timestamp.seconds)
                else { throw .strangeAnswer(what: "a listing has an object without name or time") }
                objects.append(Listed(name: name, modifiedAt: time))
            }
            guard XMLText.first("IsTruncated", in: text) == "true" else { return (objects, now) }
            guard let next = XMLText.first("NextContinuationToken", in: text), next != token else {
                throw .strangeAnswer(what: "a listing goes on without a new token")
            }
            token = next
        }
    }

    // MARK: There and back

    /// One request, and once more if its keys had just expired or the clock was wrong.
    private func send(
        _ method: String, _ name: String, _ errand: Errand, query: String = "", headers: [HTTPHeader] = [],
        body: [UInt8] = []
    ) async throws(ColdError) -> HTTPResponse {
        guard errand.timeout > .zero else { throw .timedOut }
        let path = PercentCoding.encoded(name, keepingSlashes: true)
        let request = HTTPRequest(
            method, url + path + (query.isEmpty ? "" : "?" + query), headers: headers, body: body,
            timeout: errand.timeout)
        var hasRenewed = false
        while true {
            var keys: Credentials?
            do throws(CredentialError) { keys = try await credentials?.credentials() } catch {
                throw ColdError(.credentials(error))
            }
            let answer = try await attempt(request, keys, errand.operation)
            if let keys, !hasRenewed, answer.status == 400 || answer.status == 403, await isMended(answer, keys) {
                hasRenewed = true
                continue
            }
            return answer
        }
    }

    private func attempt(
        _ request: HTTPRequest, _ keys: Credentials?, _ operation: ColdOperation
    ) async throws(ColdError) -> HTTPResponse {
        var request = request
        if let keys { request.sign(SigV4Signer(region: region, service: "s3"), keys, at: wallClock() + offset.value) }
        request.headers.append(HTTPHeader("User-Agent", "memvec"))
        request.usesProxy = !(Endpoint.host(url).map { Endpoint.isLoopback($0) } ?? false)
        var counted = ObjectMeter.Request(request)
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await http.send(request)
        } catch {
            if error.mayHaveBeenSent { meter.note(operation, counted) }
            throw error == .cancelled ? .cancelled : ColdError(.transport(.getVectors, error))
        }
        counted.isAnswered = (200..<400).contains(answer.status)
        counted.isThrottled = answer.status == 429 || code(answer) == "SlowDown"
        counted.receivedByteCount = answer.body.count
        meter.note(operation, counted)
        return answer
    }

    /// Whether a refusal of signed keys goes away by sending the request again.
    private func isMended(_ answer: HTTPResponse, _ used: Credentials) async -> Bool {
        guard let code = code(answer) else { return false }
        if ClockOffset.codes.contains(code) { return offset.learn(date: answer.header("Date"), now: wallClock()) }
        guard code == "ExpiredToken" else { return false }
        await credentials?.reject(used)
        return true
    }

    private func code(_ answer: HTTPResponse) -> String? {
        if (200..<400).contains(answer.status) { return nil }
        return XMLText.first("Code", in: String(decoding: answer.body.prefix(4096), as: UTF8.self))
    }

    private func isBucketMissing(_ answer: HTTPResponse) -> Bool { code(answer) == "NoSuchBucket" }

    private func refusal(_ answer: HTTPResponse) -> ColdError {
        let text = String(decoding: answer.body.prefix(4096), as: UTF8.self)
        let message = XMLText.first("Message", in: text) ?? String(text.prefix(200))
        let code = XMLText.first("Code", in: text) ?? "\(answer.status)"
        switch answer.status {
        case 429: return .throttled(pause: nil)
        // S3 asks for fewer requests so.
        case 503 where code == "SlowDown": return .throttled(pause: nil)
        case 408, 500...: return .unavailable(status: answer.status, message: "\(code): \(message)")
        case 400..<500: return .refused(status: answer.status, code: code, message: message)
        default: return .strangeAnswer(what: "status \(answer.status)")
        }
    }
}
