import Foundation
import S3Vectors
import Testing
import Vectors

@testable import Server

/// Where the tests of our client run: on our server within this process, and on the server of the same API that
/// `MEMVEC_TEST_S3VECTORS` names by its URL (`tools/tests/client` starts some). `MEMVEC_TEST_S3VECTORS_LACKS` names
/// what that one does not have: operations, and `segments`, `arns`, `metadata` (what of it is not filterable).
enum ClientPlace: Sendable, CustomTestStringConvertible {
    /// - Parameter token: whether the keys are temporary ones.
    case ours(token: Bool)
    case foreign(String)

    private static let environment = ProcessInfo.processInfo.environment

    static let all: [ClientPlace] =
        [.ours(token: false), .ours(token: true)]
        + (environment["MEMVEC_TEST_S3VECTORS"].map { [.foreign($0)] } ?? [])

    static let keys = Credentials(accessKeyID: "AKID", secretAccessKey: "the secret", origin: "the test")
    static let temporaryKeys = Credentials(
        accessKeyID: "ASIA", secretAccessKey: "a secret", sessionToken: "token/+=", origin: "the test")

    var testDescription: String {
        switch self {
        case .ours(let token): token ? "our server, temporary keys" : "our server"
        case .foreign(let url): url
        }
    }

    /// What the server lacks.
    var lacks: Set<String> {
        guard case .foreign = self else { return [S3Vectors.Operation.updateMetadataConfiguration.name] }
        let text = Self.environment["MEMVEC_TEST_S3VECTORS_LACKS"] ?? ""
        return Set(text.split(separator: ",").map { String($0) })
    }

    func has(_ operation: S3Vectors.Operation) -> Bool { !lacks.contains(operation.name) }

    /// A name that nobody else uses there.
    func name() -> String {
        if case .ours = self { "news" } else { "news-\(UInt64.random(in: 0...UInt64.max))" }
    }

    /// Runs `body` with a client of a server that checks signatures.
    func serve(_ body: @escaping @Sendable (S3VectorsClient) async throws -> Void) async throws {
        switch self {
        case .ours(let token): try await Self.serve(token ? Self.temporaryKeys : Self.keys, body)
        case .foreign(let url):
            let keys = Self.environment["MEMVEC_TEST_TOKEN"] == "1" ? Self.temporaryKeys : Self.keys
            try await body(Self.client(url, keys) { Date().timeIntervalSince1970 })
        }
    }

    /// The same of our server, whatever keys the client has.
    static func serve(
        _ credentials: Credentials, _ body: @escaping @Sendable (S3VectorsClient) async throws -> Void
    ) async throws {
        let known = [keys, temporaryKeys].map { keys in
            Principal(
                keys: SigningKeys(
                    accessKey: keys.accessKeyID, secretKey: keys.secretAccessKey, sessionToken: keys.sessionToken),
                buckets: nil, isReadOnly: false)
        }
        let fixture = try ServiceFixture { $0.accessKeys = AccessKeys(known) }
        var listening = Listening(host: "127.0.0.1", port: 0)
        listening.endsOnSignals = false
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = Task { [listening] in try await listening.run(fixture.service) { continuation.yield($0) } }
        for await port in ports {
            try await body(try client("http://127.0.0.1:\(port)", credentials) { ServiceFixture.now })
            break
        }
        server.cancel()
        _ = await server.result
    }

    private static func client(
        _ url: String, _ credentials: Credentials, wallClock: @escaping @Sendable () -> Double
    ) throws -> S3VectorsClient {
        S3VectorsClient(
            .init(
                endpoint: url, region: "us-east-1", credentials: FixedCredentials(credentials),
                http: try CurlTransport(), wallClock: wallClock))
    }
}
