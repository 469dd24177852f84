import Testing

@testable import S3Vectors

@Suite("signatures known from botocore")
struct SignerTests {
    func request(_ known: Fixture.Signature) -> SignableRequest {
        // The signer adds these itself.
        let own: Set = ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
        let headers = known.headers.filter { !own.contains($0.key) }.map { (name: $0.key, value: $0.value) }
        return SignableRequest(
            method: known.method, path: known.path, query: known.query, headers: headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(Array(known.body.utf8))))
    }

    @Test("there are seven")
    func count() { #expect(Fixture.signatures.count == 7) }

    @Test("the header is theirs to the letter", arguments: Fixture.signatures)
    func known(_ known: Fixture.Signature) throws {
        let signer = SigV4Signer(region: known.region, service: known.service)
        let keys = SigningKeys(
            accessKey: known.accessKey, secretKey: known.secretKey, sessionToken: known.sessionToken)
        let time = try #require(SigningTime(known.time))
        var request = request(known)
        #expect(request.bodyHash == known.bodyHash)
        let added = signer.headers(for: request, keys: keys, at: time)
        #expect(added.last?.name == "authorization")
        #expect(added.last?.value == known.authorization)
        #expect(Set(added.dropLast().map(\.name)).isSubset(of: Set(known.headers.keys)))
        request.headers = known.headers.map { (name: $0.key, value: $0.value) }
        let signed = known.headers.keys.sorted()
        #expect(CanonicalRequest.text(request, signed: signed, service: known.service) == known.canonicalRequest)
        #expect(signer.stringToSign(request, signed: signed, at: time) == known.stringToSign)
    }

    @Test(
        "paths are normalised and encoded twice",
        arguments: [
            ("", "/"), ("/", "/"), ("/a//b/./c/../d", "/a/b/d"), ("/../../a", "/a"), ("/a/", "/a/"),
            ("/a%2Fb", "/a%252Fb"),
            ("/a b", "/a%20b"), ("/./", "/"),
        ])
    func paths(_ path: String, _ expected: String) { #expect(CanonicalRequest.encodedTwice(path) == expected) }

    @Test(
        "queries are sorted by name, then by value",
        arguments: [
            ("", ""), ("b=1&a=2", "a=2&b=1"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a=b=c", "a=b%3Dc"),
            ("k=%7e", "k=~"), ("k=a+b", "k=a%2Bb"),
        ])
    func queries(_ query: String, _ expected: String) { #expect(CanonicalRequest.query(query) == expected) }

    @Test(
        "times there and back",
        arguments: [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (1_767_323_045, "20260102T030405Z"), (4_107_542_400, "21000301T000000Z"), (-1, "19691231T235959Z"),
        ])
    func times(_ seconds: Int, _ text: String) {
        #expect(SigningTime(seconds: seconds).text == text)
        #expect(SigningTime(text)?.seconds == seconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "20260102T030405", "20260230T030405Z", "20261302T030405Z", "20260102T240000Z", "20260102 030405Z",
            "2026-1-2T030405Z", "99999999T999999Z", "20260102T0304٠5Z",
        ])
    func noTimes(_ text: String) { #expect(SigningTime(text) == nil) }

    @Test("secrets are in no description")
    func secrets() {
        let keys = SigningKeys(accessKey: "AKID", secretKey: "hidden", sessionToken: "token")
        #expect("\(keys) \(String(reflecting: keys))" == "keys of AKID keys of AKID")
    }
}
