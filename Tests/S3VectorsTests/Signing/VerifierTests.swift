import S3Vectors
import Testing

@Suite("verified signatures")
struct VerifierTests {
    static let keys = SigningKeys(accessKey: "AKIDEXAMPLE", secretKey: "secret")
    static let temporary = SigningKeys(accessKey: "ASIAEXAMPLE", secretKey: "other", sessionToken: "token")
    static let now = SigningTime(seconds: 1_767_323_045)

    let verifier = SigV4Verifier(region: "us-east-1") { name in
        [keys, temporary].first { $0.accessKey == name }
    }

    func signed(_ keys: SigningKeys = keys, at time: SigningTime = now, region: String = "us-east-1") -> SignableRequest
    {
        var request = SignableRequest(
            method: "POST", path: "/QueryVectors",
            headers: [(name: "Host", value: "127.0.0.1:8080"), (name: "Content-Type", value: "application/json")],
            bodyHash: Digest.hexadecimal(Digest.sha256(Array("{}".utf8))))
        request.headers += SigV4Signer(region: region).headers(for: request, keys: keys, at: time)
        // Unsigned, as boto3 sends them.
        request.headers += [(name: "amz-sdk-request", value: "attempt=1"), (name: "User-Agent", value: "x")]
        return request
    }

    func code(_ request: SignableRequest, now: SigningTime = now) -> ServiceError.Code? {
        do {
            _ = try verifier.verify(request, now: now)
            return nil
        } catch {
            #expect(error.status == 403)
            return error.code
        }
    }

    @Test("what our signer signs is accepted, with and without token")
    func accepted() throws {
        #expect(try verifier.verify(signed(), now: Self.now) == "AKIDEXAMPLE")
        #expect(try verifier.verify(signed(Self.temporary), now: Self.now) == "ASIAEXAMPLE")
    }

    @Test("what botocore signs is accepted, whatever headers it names", arguments: Fixture.signatures)
    func botocore(_ known: Fixture.Signature) throws {
        let verifier = SigV4Verifier(region: known.region, service: known.service) { _ in
            SigningKeys(accessKey: known.accessKey, secretKey: known.secretKey, sessionToken: known.sessionToken)
        }
        var headers = known.headers.map { (name: $0.key, value: $0.value) }
        headers.append((name: "Authorization", value: known.authorization))
        let request = SignableRequest(
            method: known.method, path: known.path, query: known.query, headers: headers, bodyHash: known.bodyHash)
        let time = try #require(SigningTime(known.time))
        #expect(try verifier.verify(request, now: time) == known.accessKey)
    }

    @Test("every change of what is signed is found")
    func changes() {
        var other = signed()
        other.bodyHash = Digest.hexadecimal(Digest.sha256(Array("{ }".utf8)))
        #expect(code(other) == .invalidSignature)
        other = signed()
        other.path = "/PutVectors"
        #expect(code(other) == .invalidSignature)
        other = signed()
        other.query = "a=1"
        #expect(code(other) == .invalidSignature)
        other = signed()
        other.method = "GET"
        #expect(code(other) == .invalidSignature)
        for position in 0..<3 {
            other = signed()
            other.headers[position].value += "x"
            #expect(code(other) != nil, "\(other.headers[position].name)")
        }
        other = signed()
        other.headers.append((name: "x-amz-meta", value: "unsigned"))
        #expect(code(other) == .invalidSignature)
    }

    @Test(
        "a signature is good for 15 minutes, both ways",
        arguments: [(-901, false), (-900, true), (900, true), (901, false)])
    func age(_ seconds: Int, _ isFine: Bool) {
        let time = SigningTime(seconds: Self.now.seconds + seconds)
        #expect(code(signed(at: time)) == (isFine ? nil : .invalidSignature))
    }

    @Test("unknown keys, wrong secrets, wrong tokens, other regions")
    func strangers() {
        #expect(code(signed(SigningKeys(accessKey: "NOBODY", secretKey: "secret"))) == .unrecognizedClient)
        #expect(code(signed(SigningKeys(accessKey: "AKIDEXAMPLE", secretKey: "Secret"))) == .invalidSignature)
        #expect(
            code(signed(SigningKeys(accessKey: "ASIAEXAMPLE", secretKey: "other", sessionToken: "tokem")))
                == .unrecognizedClient)
        #expect(code(signed(SigningKeys(accessKey: "ASIAEXAMPLE", secretKey: "other"))) == .unrecognizedClient)
        #expect(
            code(signed(SigningKeys(accessKey: "AKIDEXAMPLE", secretKey: "secret", sessionToken: "t")))
                == .unrecognizedClient)
        #expect(code(signed(region: "eu-west-1")) == .invalidSignature)
    }

    @Test(
        "headers that cannot be read",
        arguments: [
            "", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x",
            "AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=x",
            "AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/s3vectors/aws4_request, Signature=x",
            "AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/s3vectors/aws4_request, SignedHeaders=host", "=,=;",
        ])
    func unreadable(_ text: String) {
        var request = signed()
        request.headers.removeAll { $0.name == "authorization" }
        #expect(code(request) == .missingAuthentication)
        request.headers.append((name: "Authorization", value: text))
        #expect(code(request) == .incompleteSignature)
    }

    @Test("host and date must be among what is signed")
    func neededHeaders() {
        var request = signed()
        let text = request.value(ofHeader: "authorization") ?? ""
        request.headers.removeAll { $0.name == "authorization" }
        request.headers.append((name: "authorization", value: text.replacing("host;", with: "")))
        #expect(code(request) == .invalidSignature)
        request.headers[request.headers.count - 1].value = text.replacing(";x-amz-date", with: "")
        #expect(code(request) == .invalidSignature)
    }
}
