import Testing

@testable import S3Vectors

@Suite("Where credentials come from")
struct CredentialChainTests {
    private let configPath = "/me/.aws/config"
    private let keysPath = "/me/.aws/credentials"

    @Test("the environment comes first, but after a profile that the caller names")
    func environment() async throws {
        let fake = FakeSurroundings()
        fake.setFile(keysPath, "[dev]\naws_access_key_id = FILE\naws_secret_access_key = s\n")
        let environment = [
            "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
            "AWS_PROFILE": "dev",
        ]
        let found = try await fake.find(environment)
        #expect(found.accessKeyID == "ENV" && found.secretAccessKey == "secret" && found.sessionToken == "token")
        #expect(try await fake.find(environment, profile: "dev").accessKeyID == "FILE")
        #expect(try await fake.find(["AWS_PROFILE": "dev"]).accessKeyID == "FILE")
        #expect(
            await fake.failure(["AWS_ACCESS_KEY_ID": "ENV"])
                == .incomplete(
                    missing: "AWS_SECRET_ACCESS_KEY", place: "the environment, which has AWS_ACCESS_KEY_ID,"))
    }

    @Test("keys of the credentials file count before those of the config file")
    func files() async throws {
        let fake = FakeSurroundings()
        fake.setFile(
            configPath,
            "[default]\naws_access_key_id=C\naws_secret_access_key=c\n[profile p]\naws_access_key_id=P\n"
                + "aws_secret_access_key=p\naws_session_token=t\n")
        #expect(try await fake.find().accessKeyID == "C")
        #expect(try await fake.find(profile: "p").sessionToken == "t")
        fake.setFile(keysPath, "[default]\naws_access_key_id=K\naws_secret_access_key=k\n")
        #expect(try await fake.find().accessKeyID == "K")
        #expect(try await fake.find(["AWS_SHARED_CREDENTIALS_FILE": "/none"]).accessKeyID == "C")
        fake.setFile("/other", "[profile p]\naws_access_key_id=O\naws_secret_access_key=o\n")
        #expect(try await fake.find(["AWS_CONFIG_FILE": "/other"], profile: "p").accessKeyID == "O")
        #expect(
            await fake.failure(profile: "nobody") == .profileMissing(name: "nobody", files: [configPath, keysPath]))
    }

    @Test("a program gives keys; what it says wrongly is told")
    func process() async throws {
        let fake = FakeSurroundings()
        fake.setFile(configPath, "[profile x]\ncredential_process = /opt/key \"my arg\" --json\n")
        let words = ["/opt/key", "my arg", "--json"]
        fake.setProgram(
            words, prints: #"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"2026-01-02T03:04:05Z"}"#
        )
        let found = try await fake.find(profile: "x")
        #expect(found.accessKeyID == "A" && found.sessionToken == nil && found.expiration == 1_767_323_045)
        for text in ["", "[]", "{}", #"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"S"}"#, #"{"Version":1}"#] {
            fake.setProgram(words, prints: text)
            #expect(await fake.failure(profile: "x")?.code == "strange_answer", "\(text)")
        }
        fake.setFile(configPath, "[profile x]\ncredential_process = \"open\n")
        #expect(await fake.failure(profile: "x")?.code == "malformed")
    }

    @Test("a program of this machine runs, and its failures are told apart")
    func realProcess() async throws {
        let printed = try await ChildProcess.output(of: ["printf", "%s|%s", "a b", ""], timeout: .seconds(60))
        #expect(String(decoding: printed, as: UTF8.self) == "a b|")
        func reason(_ words: [String], _ timeout: Duration) async -> String {
            do throws(CredentialError) {
                return String(decoding: try await ChildProcess.output(of: words, timeout: timeout), as: UTF8.self)
            } catch .processFailed(_, let reason) {
                return reason
            } catch {
                return error.code
            }
        }
        #expect(await reason(["sh", "-c", "echo half; exit 3"], .seconds(60)) == "it ended with code 3")
        #expect(await reason(["/no/such/program"], .seconds(60)).contains("No such file"))
        #expect(await reason(["sh", "-c", "kill -9 $$"], .seconds(60)) == "signal 9 ended it")
        #expect(await reason(["tail", "-f", "/dev/null"], .milliseconds(100)) == "it took too long")
    }

    @Test("a container's endpoint is asked, with its token, and only where it is near or encrypted")
    func container() async throws {
        let keys = #"{"AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2030-01-01T00:00:00Z"}"#
        let fake = FakeSurroundings { (_) throws(TransportError) in .text(keys) }
        fake.setFile("/token", "bearer\n")
        let found = try await fake.find(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"])
        #expect(found.sessionToken == "T" && found.expiration == Timestamp.seconds("2030-01-01T00:00:00Z"))
        #expect(fake.requests.last?.url == "http://169.254.170.2/v2/x")
        #expect(fake.requests.last?.usesProxy == false)
        _ = try await fake.find([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:99/c",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
        ])
        #expect(fake.requests.last?.header("authorization") == "bearer")
        let far = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.org/c"]
        #expect(await fake.failure(far)?.code == "malformed")
        for host in ["127.0.0.1.example.org", "localhost.example.org", "127.0.0.1@example.org"] {
            let trick = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://\(host)/c"]
            #expect(await fake.failure(trick)?.code == "malformed", "\(host)")
        }
    }

    @Test("the instance's metadata is asked by version 2: token, role, keys")
    func instance() async throws {
        let fake = FakeSurroundings { (request) throws(TransportError) in
            switch (request.method, request.url) {
            case ("PUT", "http://169.254.169.254/latest/api/token"): .text("the-token")
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"): .text("role-1\n")
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/role-1"):
                .text(
                    #"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","#
                        + #""Expiration":"2030-01-01T00:00:00Z"}"#)
            default: .text("", status: 404)
            }
        }
        #expect(try await fake.find().accessKeyID == "A")
        #expect(fake.requests.count == 3)
        #expect(fake.requests.dropFirst().allSatisfy { $0.header("x-aws-ec2-metadata-token") == "the-token" })
        #expect(await fake.failure(["AWS_EC2_METADATA_DISABLED": "true"])?.code == "nothing_found")
        #expect(fake.requests.count == 3)
        let none = FakeSurroundings { (request) throws(TransportError) in
            request.method == "PUT" ? .text("t") : .text("", status: 404)
        }
        #expect(await none.failure()?.code == "nothing_found")
        let old = FakeSurroundings { (_) throws(TransportError) in .text("", status: 405) }
        #expect(await old.failure()?.code == "unsupported")
    }

    @Test("where nothing is found, every place that was looked at is named")
    func nothing() async throws {
        let fake = FakeSurroundings()
        let text = try #require(await fake.failure()).description
        for place in ["AWS_ACCESS_KEY_ID", configPath, "AWS_WEB_IDENTITY_TOKEN_FILE", "container", "metadata"] {
            #expect(text.contains(place), "\(place) in: \(text)")
        }
    }

    @Test("settings that are not followed are refused by name")
    func unsupported() async throws {
        let fake = FakeSurroundings()
        fake.setFile(
            configPath,
            """
            [profile mfa]
            role_arn = arn:aws:iam::1:role/r
            source_profile = mfa
            mfa_serial = arn:aws:iam::1:mfa/me
            [profile login]
            login_session = arn:aws:sts::1:x
            [profile odd]
            role_arn = arn:aws:iam::1:role/r
            credential_source = Moon
            """)
        for (profile, name) in [("mfa", "mfa_serial"), ("login", "login_session"), ("odd", "credential_source Moon")] {
            let error = await fake.failure(profile: profile)
            #expect(error?.code == "unsupported")
            #expect(error?.description.contains(name) == true)
        }
        #expect(fake.requests.isEmpty)
    }

    @Test("secrets are in no description, dump or expectation")
    func secrets() {
        let keys = Credentials(accessKeyID: "ID", secretAccessKey: "hidden", sessionToken: "hidden", origin: "here")
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), dumped, "\(Optional(keys) as Any)"] {
            #expect(!text.contains("hidden") && text.contains("ID"), "\(text)")
        }
    }
}
