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
    package func get(_ name: String, timeout: Duration) async throws(ColdError) -> Object? {
        let answer = try await send("GET", name, timeout: timeout)
        if answer.status == 404, !isBucketMissing(answer) { return nil }
        guard answer.status == 200 else { throw refusal(answer) }
        return Object(bytes: answer.body, etag: answer.header("etag") ?? "")
    }

    /// The object if it is another than `etag`; nil if it is the same.
    package func get(_ name: String, ifChangedFrom etag: String, timeout: Duration) async throws(ColdError) -> Object? {
        let answer = try await send("GET", name, [.init("If-None-Match", etag)], timeout: timeout)
        if answer.status == 304 { return nil }
        guard answer.status == 200 else { throw refusal(answer) }
        return Object(bytes: answer.body, etag: answer.header("etag") ?? "")
    }

    /// Bytes of an object; nil if it is not there.
    package func get(_ name: String, range: Range<Int>, timeout: Duration) async throws(ColdError) -> [UInt8]? {
        guard !range.isEmpty else { return [] }
        let header = HTTPHeader("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        let answer = try await send("GET", name, [header], timeout: timeout)
        if answer.status == 404, !isBucketMissing(answer) { return nil }
        // A server that knows no ranges gives the whole.
        if answer.status == 200, answer.body.count >= range.upperBound { return Array(answer.body[range]) }
        guard answer.status == 206 else { throw refusal(answer) }
        guard answer.body.count == range.count else {
            throw .strangeAnswer(what: "\(answer.body.count) bytes of \(name) came, not \(range.count)")
        }
        return answer.body
    }

    /// Writes an object. False, and nothing written, if the condition does not hold.
    /// - Returns: the new object's tag; nil if the condition does not hold.
    package func put(
        _ name: String, _ bytes: [UInt8], if condition: Condition? = nil, timeout: Duration
    ) async throws(ColdError) -> String? {
        var headers = [HTTPHeader("Content-Type", "application/octet-stream")]
        switch condition {
        case .absent: headers.append(.init("If-None-Match", "*"))
        case .unchanged(let etag): headers.append(.init("If-Match", etag))
        case nil: break
        }
        let answer = try await send("PUT", name, headers, body: bytes, timeout: timeout)
        // 409: another write under a condition was under way; 404: what should be unchanged is gone.
        if answer.status == 412 || answer.status == 409 || (answer.status == 404 && condition != nil) {
            if isBucketMissing(answer) { throw refusal(answer) }
            return nil
        }
        guard answer.status == 200 else { throw refusal(answer) }
        return answer.header("etag") ?? ""
    }

    /// Removes an object; one that is not there is fine.
    package func delete(_ name: String, timeout: Duration) async throws(ColdError) {
        let answer = try await send("DELETE", name, timeout: timeout)
        guard answer.status == 204 || answer.status == 200 || answer.status == 404 else { throw refusal(answer) }
    }

    private func send(
        _ method: String, _ name: String, _ headers: [HTTPHeader] = [], body: [UInt8] = [], timeout: Duration
    ) async throws(ColdError) -> HTTPResponse {
        guard timeout > .zero else { throw .timedOut }
        var hasRenewed = false
        while true {
            var keys: Credentials?
            do throws(CredentialError) { keys = try await credentials?.credentials() } catch {
                throw ColdError(.credentials(error))
            }
            var request = HTTPRequest(
                method, url + PercentCoding.encoded(name, keepingSlashes: true), headers: headers, body: body,
                timeout: timeout)
            if let keys { request.sign(SigV4Signer(region: region, service: "s3"), keys, at: wallClock()) }
            request.headers.append(HTTPHeader("User-Agent", "memvec"))
            request.usesProxy = !(Endpoint.host(url).map { Endpoint.isLoopback($0) } ?? false)
            let answer: HTTPResponse
            do throws(TransportError) { answer = try await http.send(request) } catch {
                if error.mayHaveBeenSent { meter.note(method, sent: body.count, received: 0, isAnswered: false) }
                throw error == .cancelled ? .cancelled : ColdError(.transport(.getVectors, error))
            }
            let isAnswered = (200..<400).contains(answer.status)
            meter.note(method, sent: body.count, received: answer.body.count, isAnswered: isAnswered)
            if let keys, !hasRenewed, answer.status == 400 || answer.status == 403, code(answer) == "ExpiredToken" {
                hasRenewed = true
                await credentials?.reject(keys)
                continue
            }
            return answer
        }
    }

    private func code(_ answer: HTTPResponse) -> String? {
        XMLText.first("Code", in: String(decoding: answer.body.prefix(4096), as: UTF8.self))
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
