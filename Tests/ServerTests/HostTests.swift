import Testing

@testable import S3Vectors
@testable import Server

@Suite("a server without keys, and pages of other sites")
struct HostTests {
    private func call(_ method: String = "POST", _ headers: [(String, String)]) -> Call {
        Call(
            method: method, path: method == "GET" ? "/metrics" : "/ListVectorBuckets",
            headers: headers.map { (name: $0.0, value: $0.1) }, body: Array("{}".utf8))
    }

    @Test(
        "answers to addresses, localhost and names that it was told",
        arguments: [
            ("127.0.0.1", true), ("127.0.0.1:8080", true), ("localhost:1", true), ("LocalHost", true),
            ("app.localhost:8080", true), ("[::1]:8080", true), ("[::1]", true), ("192.168.1.7:8080", true),
            ("vectors.lan:8080", true), ("Vectors.Lan.", true),
            ("evil.example", false), ("evil.example:8080", false), ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false), ("[evil]", false), ("vectors.lan.evil.example", false),
            ("", false), ("1.2.3", false), ("1.2.3.4.5", false), ("1.2.3.x", false), ("2130706433", false),
        ])
    func hosts(_ host: String, _ isFine: Bool) async throws {
        let fixture = try ServiceFixture { $0.allowedHosts = ["Vectors.lan"] }
        for method in ["GET", "POST"] {
            let answer = await fixture.service.call(call(method, [("host", host)]))
            if isFine {
                #expect(answer.status == 200)
            } else {
                answer.expect("AccessDeniedException", 403, "Access denied: this server has no keys")
                #expect(answer.message?.contains("--allow-host") == true)
            }
        }
    }

    @Test(
        "takes requests of no page, or of its own",
        arguments: [
            (["origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"], "POST", true),
            (["sec-fetch-site": "none"], "GET", true), ([:], "POST", true),
            (["sec-fetch-site": "cross-site", "sec-fetch-dest": "document"], "GET", true),
            (["sec-fetch-site": "cross-site", "sec-fetch-dest": "document"], "POST", false),
            (["sec-fetch-site": "cross-site", "sec-fetch-dest": "image"], "GET", false),
            (["sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe"], "GET", false),
            (["origin": "https://evil.example"], "POST", false), (["origin": "null"], "POST", false),
            (["origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-site"], "POST", false),
            (["origin": "http://127.0.0.1:8080/x"], "POST", false), (["origin": ""], "POST", false),
        ] as [([String: String], String, Bool)])
    func origins(_ headers: [String: String], _ method: String, _ isFine: Bool) async throws {
        let fixture = try ServiceFixture()
        let answer = await fixture.service.call(
            call(method, [("host", "127.0.0.1:8080")] + headers.map { ($0.key, $0.value) }))
        if isFine {
            #expect(answer.status == 200)
        } else {
            answer.expect("AccessDeniedException", 403, "Access denied: this server has no keys, so pages of other")
        }
    }

    @Test("where requests are signed, names do not matter: the signature covers them")
    func signed() async throws {
        let keys = SigningKeys(accessKey: "ALL", secretKey: "secret", sessionToken: nil)
        let fixture = try ServiceFixture {
            $0.accessKeys = AccessKeys([Principal(keys: keys, buckets: nil, isReadOnly: false)])
        }
        let headers = [("host", "vectors.example"), ("origin", "https://elsewhere.example")]
        #expect(await fixture.service.call(call("GET", headers)).status == 200)
        await fixture.service.call(call("POST", headers))
            .expect("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    }
}
