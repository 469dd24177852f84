import Synchronization
import Testing
import Vectors

@testable import S3Vectors
@testable import Text

/// Bedrock as far as two kinds of model go; it checks signatures.
private final class StandIn: HTTPSending {
    struct State {
        var bodies: [JSONValue] = []
        var urls: Set<String> = []
        /// What is answered instead, first the first.
        var refusals: [HTTPResponse] = []
        /// Calls under way, and the most there were.
        var running = 0, most = 0
    }
    let state = Mutex(State())
    let secret = Mutex("secret")

    static let time = 1_800_000_000.0

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        state.withLock { state in
            state.running += 1
            state.most = max(state.most, state.running)
        }
        await Task.yield()
        defer { state.withLock { $0.running -= 1 } }
        if let refusal = state.withLock({ $0.refusals.isEmpty ? nil : $0.refusals.removeFirst() }) { return refusal }
        let (path, query) = request.target
        let headers = request.headers.map { (name: $0.name, value: $0.value) }
        let signable = SignableRequest(
            method: request.method, path: path, query: query,
            headers: headers + [(name: "host", value: Endpoint.hostHeader(request.url) ?? "")],
            bodyHash: Digest.hexadecimal(Digest.sha256(request.body)))
        let secret = secret.withLock { $0 }
        let verifier = SigV4Verifier(region: "eu-west-1", service: "bedrock") {
            SigningKeys(accessKey: $0, secretKey: secret)
        }
        do throws(ServiceError) { _ = try verifier.verify(signable, now: SigningTime(seconds: Int(Self.time))) } catch {
            return Self.refusal(error.status, error.code.rawValue)
        }
        guard let body = try? JSONValue(bytes: request.body) else { return HTTPResponse(status: 400) }
        state.withLock { state in
            state.bodies.append(body)
            state.urls.insert(request.url)
        }
        return HTTPResponse(status: 200, body: Array(answer(body, request.url).text.utf8))
    }

    private func answer(_ body: JSONValue, _ url: String) -> JSONValue {
        func vector(_ text: JSONValue) -> JSONValue {
            guard case .string(let text) = text else { return .null }
            return .array([.integer(Int64(text.unicodeScalars.count)), .number(0.5), .integer(-1)])
        }
        if let text = body["inputText"] {
            return .object([.init("embedding", vector(text)), .init("inputTextTokenCount", .integer(1))])
        }
        guard case .array(let texts)? = body["texts"] else { return .null }
        let vectors = JSONValue.array(texts.map(vector))
        return .object([.init("embeddings", url.contains("v4") ? .object([.init("float", vectors)]) : vectors)])
    }

    static func refusal(_ status: Int, _ code: String, _ headers: [HTTPHeader] = []) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: headers + [HTTPHeader("x-amzn-ErrorType", code)],
            body: Array(#"{"message":"no"}"#.utf8))
    }
}

/// Keys that are changed when they were rejected.
private final class Keys: CredentialProviding {
    let secret = Mutex("secret")
    let rejected = Mutex(0)

    func credentials() async throws(CredentialError) -> Credentials? {
        Credentials(accessKeyID: "AKID", secretAccessKey: secret.withLock { $0 }, origin: "a test")
    }
    func reject(_ credentials: Credentials) async {
        rejected.withLock { $0 += 1 }
        secret.withLock { $0 = "new secret" }
    }
}

@Suite("models of Bedrock")
struct BedrockEmbedderTests {
    private let server = StandIn()
    private let keys = Keys()

    private func access(clock: Double = StandIn.time) -> ServiceAccess {
        let settings = AWSSettings(
            region: "eu-west-1", endpoint: "https://bedrock-runtime.eu-west-1.amazonaws.com", isEndpointSet: false)
        return ServiceAccess(.bedrockRuntime, settings, credentials: keys, http: server) { clock }
    }

    @Test("Titan is sent signed requests of a text each, some at once, and answers in the texts' order")
    func titan() async throws {
        let embedder = try await BedrockEmbedder("amazon.titan-embed-text-v2:0", access: access())
        #expect(embedder.dimension == 3 && embedder.name == "bedrock:amazon.titan-embed-text-v2:0")
        let texts = (0..<50).map { String(repeating: "é", count: $0) }
        #expect(try await embedder.embed(texts, as: .query) == (0..<50).map { [Float($0), 0.5, -1] })
        let state = server.state.withLock { $0 }
        #expect(state.bodies.count == 51 && (2...8).contains(state.most))
        #expect(state.bodies[0] == .object([.init("inputText", .string("dimension"))]))
        let url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke"
        #expect(state.urls == [url])
    }

    @Test("Cohere's are sent 96 texts a call, with the form, and cut where the model would refuse them")
    func cohere() async throws {
        for (id, longest) in [("cohere.embed-multilingual-v3", 2048), ("eu.cohere.embed-v4:0", 3000)] {
            let embedder = try await BedrockEmbedder(id, access: access())
            server.state.withLock { $0.bodies = [] }
            let texts = (0..<200).map { String(repeating: "a", count: $0) } + [String(repeating: "日", count: 3000)]
            let vectors = try await embedder.embed(texts, as: .query)
            #expect(vectors.map { Int($0[0]) } == Array(0..<200) + [longest], "\(id)")
            let bodies = server.state.withLock { $0.bodies }
            let sizes = bodies.map { if case .array(let texts)? = $0["texts"] { texts.count } else { -1 } }
            #expect(sizes.sorted() == [9, 96, 96], "\(id)")
            #expect(bodies.allSatisfy { $0["input_type"] == .string("search_query") })
            _ = try await embedder.embed(["text"], as: .passage)
            #expect(server.state.withLock { $0.bodies.last }?["input_type"] == .string("search_document"))
        }
    }

    @Test("that are busy are asked again; keys that have expired are renewed; a clock that is wrong is set")
    func mended() async throws {
        let embedder = try await BedrockEmbedder("amazon.titan-embed-text-v1", access: access())
        let soon = [HTTPHeader("Retry-After", "0")]
        server.state.withLock {
            $0.refusals = [
                StandIn.refusal(429, "ThrottlingException", soon), StandIn.refusal(503, "ServiceUnavailable", soon),
            ]
        }
        #expect(try await embedder.embed(["abc"], as: .passage) == [[3, 0.5, -1]])
        server.secret.withLock { $0 = "new secret" }
        server.state.withLock { $0.refusals = [StandIn.refusal(403, "ExpiredTokenException:http://aws/")] }
        #expect(try await embedder.embed(["abcd"], as: .passage) == [[4, 0.5, -1]])
        #expect(keys.rejected.withLock { $0 } == 1)
        // Two hours behind; the service says that it is 2027-01-15.
        let date = HTTPHeader("Date", "Fri, 15 Jan 2027 08:00:00 GMT")
        server.state.withLock { $0.refusals = [StandIn.refusal(403, "InvalidSignatureException", [date])] }
        let late = try await BedrockEmbedder("amazon.titan-embed-text-v1", access: access(clock: StandIn.time - 7200))
        #expect(late.dimension == 3)
    }

    @Test("say why they failed, once and for all calls")
    func failures() async throws {
        let embedder = try await BedrockEmbedder("amazon.titan-embed-text-v2:0", access: access())
        server.state.withLock { $0.refusals = [StandIn.refusal(400, "ValidationException")] }
        let error = await #expect(throws: EmbedderError.self) {
            _ = try await embedder.embed(Array(repeating: "x", count: 40), as: .query)
        }
        #expect("\(error, default: "")".contains("status 400: {\"message\":\"no\"}"))
        server.state.withLock { $0.refusals = [HTTPResponse(status: 200, body: Array("{}".utf8))] }
        await #expect(throws: EmbedderError.self) { _ = try await embedder.embed(["x"], as: .query) }
        await #expect(throws: EmbedderError.self) {
            _ = try await BedrockEmbedder("meta.llama3-8b", access: access())
        }
    }

    @Test("are found where AWS's tools find them")
    func settings() throws {
        func find(_ environment: [String: String]) throws -> AWSSettings {
            try AWSSettings.find(
                Surroundings(
                    environment: environment, readFile: { _ in nil }, writeFile: { _, _ in },
                    runProcess: { _ in [] }, http: server, now: { 0 }), of: .bedrockRuntime)
        }
        let usual = try find(["AWS_REGION": "eu-west-1"])
        #expect(usual.endpoint == "https://bedrock-runtime.eu-west-1.amazonaws.com" && !usual.isEndpointSet)
        let own = try find(["AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:8080/"])
        #expect(own.endpoint == "http://127.0.0.1:8080" && own.isEndpointSet)
    }
}
