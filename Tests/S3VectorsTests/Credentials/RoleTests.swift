import Testing

@testable import S3Vectors

@Suite("Roles: assumed, by web identity, by SSO")
struct RoleTests {
    private let configPath = "/me/.aws/config"
    private static let answer = """
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>T</SessionToken>
        <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
        """

    private func fake(_ config: String) -> FakeSurroundings {
        let fake = FakeSurroundings { (_) throws(TransportError) in .text(Self.answer) }
        fake.setFile(configPath, config)
        return fake
    }

    @Test("a role is assumed with the keys of its source profile, signed for the region's STS")
    func assumeRole() async throws {
        let fake = fake(
            """
            [profile r]
            role_arn = arn:aws:iam::1:role/r
            source_profile = base
            external_id = a b
            role_session_name = me
            duration_seconds = 900
            region = eu-west-1
            [profile base]
            aws_access_key_id = BASE
            aws_secret_access_key = s
            """)
        let found = try await fake.find(profile: "r")
        #expect(found.accessKeyID == "ROLE" && found.secretAccessKey == "a&b" && found.sessionToken == "T")
        #expect(found.expiration == Timestamp.seconds("2030-01-01T00:00:00Z"))
        let request = try #require(fake.requests.first)
        #expect(request.url == "https://sts.eu-west-1.amazonaws.com/")
        #expect(
            request.bodyText
                == "Version=2011-06-15&Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me"
                + "&DurationSeconds=900&ExternalId=a%20b")
        let authorization = request.header("authorization") ?? ""
        #expect(authorization.contains("Credential=BASE/20270115/eu-west-1/sts/aws4_request"), "\(authorization)")
        #expect(authorization.contains("SignedHeaders=content-type;host;x-amz-date"))
    }

    @Test("roles may stand on roles; circles are found")
    func chains() async throws {
        let fake = fake(
            """
            [profile a]
            role_arn = A
            source_profile = b
            [profile b]
            role_arn = B
            source_profile = c
            [profile c]
            role_arn = C
            source_profile = c
            aws_access_key_id = BASE
            aws_secret_access_key = s
            [profile x]
            role_arn = X
            source_profile = y
            [profile y]
            role_arn = Y
            source_profile = x
            """)
        #expect(try await fake.find(profile: "a").accessKeyID == "ROLE")
        let signers = fake.requests.map { $0.header("authorization")?.contains("Credential=BASE/") == true }
        #expect(signers == [true, false, false], "the first role by the base's keys, the others by the role before")
        #expect(fake.requests.map { $0.bodyText.contains("RoleArn=C") } == [true, false, false])
        #expect(await fake.failure(profile: "x") == .roleLoop(profiles: ["x", "y", "x"]))
    }

    @Test("web identity sends the token of the file, unsigned")
    func webIdentity() async throws {
        let fake = fake("")
        fake.setFile("/token", "jwt.x\n")
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "R", "AWS_ROLE_SESSION_NAME": "n",
            "AWS_REGION": "us-east-2",
        ]
        #expect(try await fake.find(environment).accessKeyID == "ROLE")
        let request = try #require(fake.requests.last)
        #expect(request.url == "https://sts.us-east-2.amazonaws.com/")
        #expect(request.bodyText.hasSuffix("RoleArn=R&RoleSessionName=n&WebIdentityToken=jwt.x"))
        #expect(request.header("authorization") == nil)
        #expect(await fake.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/token"])?.code == "incomplete")
        #expect(
            await fake.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "R"])?.code == "unreadable")
        fake.setFile(configPath, "[profile w]\nrole_arn = W\nweb_identity_token_file = /token\n")
        _ = try await fake.find(profile: "w")
        #expect(fake.requests.last?.bodyText.contains("RoleArn=W") == true)
    }

    @Test("an answer without keys, or without their end, is strange", arguments: ["AccessKeyId", "Expiration"])
    func strangeAnswer(missing: String) async throws {
        let cut = Self.answer.replacing("<\(missing)>", with: "<Other>")
        let fake = FakeSurroundings { (_) throws(TransportError) in .text(cut) }
        let surroundings = fake.surroundings()
        let sts = SecurityTokenService(surroundings, try Profiles(surroundings), nil)
        let error = await #expect(throws: CredentialError.self) {
            try await sts.assume("R", session: nil, webIdentity: "t")
        }
        #expect(error?.code == "strange_answer")
        #expect(fake.requests.first?.url == "https://sts.amazonaws.com/", "no region is set")
    }

    @Test("what STS says no with is told")
    func refusal() async throws {
        let fake = FakeSurroundings { (_) throws(TransportError) in
            .text(
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>",
                status: 403)
        }
        fake.setFile("/token", "t")
        let error = await fake.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "R"])
        #expect(
            error
                == .refused(by: "STS (https://sts.amazonaws.com)", status: 403, message: "AccessDenied: not you"))
    }

    private static let ssoConfig = """
        [profile s]
        sso_session = corp
        sso_account_id = 111122223333
        sso_role_name = Reader
        [sso-session corp]
        sso_start_url = https://corp.example/start
        sso_region = eu-central-1
        """
    // The SHA-1 of "corp".
    private let cachePath = "/me/.aws/sso/cache/\(SSOCredentials.fileName("corp"))"

    @Test("SSO exchanges the token of the cache for the role's keys")
    func sso() async throws {
        #expect(SSOCredentials.fileName("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d.json")
        let fake = FakeSurroundings { (_) throws(TransportError) in
            .text(
                #"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T","#
                    + #""expiration":1893456000000}}"#)
        }
        fake.setFile(configPath, Self.ssoConfig)
        #expect(await fake.failure(profile: "s")?.code == "expired")
        fake.setFile(cachePath, #"{"accessToken":"tok","expiresAt":"2030-01-01T00:00:00Z"}"#)
        let found = try await fake.find(profile: "s")
        #expect(found.expiration == 1_893_456_000)
        let request = try #require(fake.requests.last)
        #expect(
            request.url == "https://portal.sso.eu-central-1.amazonaws.com/federation/credentials"
                + "?role_name=Reader&account_id=111122223333")
        #expect(request.header("x-amz-sso_bearer_token") == "tok")
        fake.setFile(cachePath, #"{"accessToken":"tok","expiresAt":"2020-01-01T00:00:00Z"}"#)
        let error = await fake.failure(profile: "s")
        #expect(error?.description.contains("aws sso login --profile s") == true)
    }

    @Test("an SSO token that has expired is refreshed where the login left what that takes, and written back")
    func ssoRefresh() async throws {
        let fake = FakeSurroundings { (request) throws(TransportError) in
            request.url.contains("oidc")
                ? .text(#"{"accessToken":"new","expiresIn":3600,"refreshToken":"r2"}"#)
                : .text(#"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T"}}"#)
        }
        fake.setFile(configPath, Self.ssoConfig)
        fake.setFile(
            cachePath,
            #"{"accessToken":"old","expiresAt":"2020-01-01T00:00:00Z","refreshToken":"r1","clientId":"c","#
                + #""clientSecret":"cs","registrationExpiresAt":"2030-01-01T00:00:00Z","startUrl":"u"}"#)
        _ = try await fake.find(profile: "s")
        #expect(
            fake.requests.first?.bodyText
                == #"{"grantType":"refresh_token","clientId":"c","clientSecret":"cs","refreshToken":"r1"}"#)
        #expect(fake.requests.last?.header("x-amz-sso_bearer_token") == "new")
        let written = try #require(fake.file(cachePath))
        #expect(written.contains(#""accessToken":"new""#) && written.contains(#""refreshToken":"r2""#))
        #expect(written.contains(#""startUrl":"u""#))
        #expect(written.contains(#""expiresAt":"2027-01-15T09:00:00Z""#), "\(written)")
    }
}
