import Testing

@testable import S3Vectors

@Suite("Requests are signed as boto3 signs them")
struct SigningTests {
    @Test("the headers are those of the known answers", arguments: Fixture.signatures.filter { $0.service != "s3" })
    func known(_ known: Fixture.Signature) throws {
        let host = known.headers["host"] ?? ""
        let url = "https://\(host)\(known.path)" + (known.query.isEmpty ? "" : "?\(known.query)")
        var request = HTTPRequest(known.method, url, body: Array(known.body.utf8), timeout: .seconds(1))
        if let type = known.headers["content-type"] { request.headers.append(.init("Content-Type", type)) }
        request.headers.append(.init("User-Agent", "is not signed"))
        let time = try #require(SigningTime(known.time))
        let keys = Credentials(
            accessKeyID: known.accessKey, secretAccessKey: known.secretKey, sessionToken: known.sessionToken,
            origin: "the fixture")
        request.sign(SigV4Signer(region: known.region, service: known.service), keys, at: Double(time.seconds))
        #expect(request.header("authorization") == known.authorization)
        #expect(request.header("x-amz-date") == known.time)
        #expect(request.header("x-amz-security-token") == known.sessionToken)
    }

    @Test("path and query as they stand in the request line")
    func targets() {
        func target(_ url: String) -> [String] {
            let target = HTTPRequest("GET", url, timeout: .zero).target
            return [target.path, target.query]
        }
        #expect(target("http://a:1/b//c%2F?d=e&f") == ["/b//c%2F", "d=e&f"])
        #expect(target("http://a") == ["/", ""])
        #expect(target("http://a?b") == ["/", "b"])
        #expect(target("http://a/b?c?d") == ["/b", "c?d"])
        #expect(target("none") == ["/", ""])
    }

    @Test("over a real connection our signatures are accepted, with and without token, and no other")
    func overTheWire() async throws {
        let fixed = 1_767_323_045
        @Sendable func keys(_ id: String) -> SigningKeys? {
            switch id {
            case "PLAIN": SigningKeys(accessKey: "PLAIN", secretKey: "s1")
            case "TEMPORARY": SigningKeys(accessKey: "TEMPORARY", secretKey: "s2", sessionToken: "tok/en+=")
            default: nil
            }
        }
        let server = try LoopbackServer { request in
            let parts = request.target.split(separator: "?", maxSplits: 1)
            let signable = SignableRequest(
                method: request.method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                headers: request.headers.map { (name: $0.key, value: $0.value) },
                bodyHash: Digest.hexadecimal(Digest.sha256(request.body)))
            do throws(ServiceError) {
                let verifier = SigV4Verifier(region: "eu-west-1", keys: { keys($0) })
                _ = try verifier.verify(signable, now: SigningTime(seconds: fixed))
            } catch {
                let headers = ["\(ServiceError.typeHeader): \(error.code.rawValue)"]
                return .answer(error.status, headers: headers, body: error.body)
            }
            return .answer(200, body: Array(#"{"vectors":[],"tags":{},"distanceMetric":"cosine"}"#.utf8))
        }
        let transport = try CurlTransport()
        func send(_ id: String, _ secret: String, _ token: String?) async -> [String] {
            let client = S3VectorsClient(
                .init(
                    endpoint: server.url, region: "eu-west-1",
                    credentials: FixedCredentials(
                        Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, origin: "test")),
                    http: transport, wallClock: { Double(fixed) }))
            let arn = "arn:aws:s3vectors:eu-west-1:111122223333:bucket/b/index/i"
            var codes: [String] = []
            func note(_ body: () async throws(S3VectorsError) -> Void) async {
                do throws(S3VectorsError) {
                    try await body()
                    codes.append("fine")
                } catch .service(_, let error) {
                    codes.append(error.code.rawValue)
                } catch {
                    codes.append("\(error)")
                }
            }
            await note { () async throws(S3VectorsError) in
                let query = QueryVectors(index: FakeService.target, topK: 3, queryVector: [0.1, 2])
                _ = try await client.send(query)
            }
            await note { () async throws(S3VectorsError) in
                _ = try await client.send(ListTagsForResource(resourceArn: arn))
            }
            await note { () async throws(S3VectorsError) in
                _ = try await client.send(UntagResource(resourceArn: arn, tagKeys: ["k 1", "b+c", "a/b", "é"]))
            }
            return codes
        }
        #expect(await send("PLAIN", "s1", nil) == ["fine", "fine", "fine"])
        #expect(await send("TEMPORARY", "s2", "tok/en+=") == ["fine", "fine", "fine"])
        let wrong = "InvalidSignatureException"
        #expect(await send("PLAIN", "other", nil) == [wrong, wrong, wrong])
        let unknown = "UnrecognizedClientException"
        #expect(await send("TEMPORARY", "s2", nil) == [unknown, unknown, unknown])
    }
}
