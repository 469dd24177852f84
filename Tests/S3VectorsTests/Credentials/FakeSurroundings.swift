import Synchronization
import Vectors

@testable import S3Vectors

/// Files, programs, services and time as a test writes them.
final class FakeSurroundings: HTTPSending {
    struct State {
        var files: [String: String] = [:]
        var programs: [[String]: String] = [:]
        var now = 1_800_000_000.0
        var requests: [HTTPRequest] = []
        var commands: [[String]] = []
    }

    let state = Mutex(State())
    private let answer: @Sendable (HTTPRequest) throws(TransportError) -> HTTPResponse

    init(
        _ answer: @escaping @Sendable (HTTPRequest) throws(TransportError) -> HTTPResponse = {
            (_) throws(TransportError) in
            throw .unreachable(message: "nobody is there")
        }
    ) {
        self.answer = answer
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func setFile(_ path: String, _ text: String) { state.withLock { $0.files[path] = text } }
    func file(_ path: String) -> String? { state.withLock { $0.files[path] } }
    func setProgram(_ words: [String], prints text: String) { state.withLock { $0.programs[words] = text } }
    func advance(_ seconds: Double) { state.withLock { $0.now += seconds } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        state.withLock { $0.requests.append(request) }
        return try answer(request)
    }

    func surroundings(_ environment: [String: String] = [:]) -> Surroundings {
        Surroundings(
            environment: environment.merging(["HOME": "/me"]) { $1 },
            readFile: { [self] (path) throws(CredentialError) in file(path).map { Array($0.utf8) } },
            writeFile: { [self] (path, bytes) throws(CredentialError) in
                setFile(path, String(decoding: bytes, as: UTF8.self))
            },
            runProcess: { [self] (words) async throws(CredentialError) in
                state.withLock { $0.commands.append(words) }
                guard let text = state.withLock({ $0.programs[words] }) else {
                    throw .processFailed(command: words.first ?? "", reason: "it is not there")
                }
                return Array(text.utf8)
            },
            http: self, now: { [self] in state.withLock { $0.now } })
    }

    func find(
        _ environment: [String: String] = [:], profile: String? = nil
    ) async throws(CredentialError) -> Credentials {
        try await CredentialChain(surroundings(environment), profile: profile).find()
    }

    /// The error that the search ends with; nil when it finds something.
    func failure(_ environment: [String: String] = [:], profile: String? = nil) async -> CredentialError? {
        do throws(CredentialError) {
            _ = try await find(environment, profile: profile)
            return nil
        } catch {
            return error
        }
    }
}

extension HTTPResponse {
    static func text(_ text: String, status: Int = 200, headers: [HTTPHeader] = []) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}

extension HTTPRequest {
    var bodyText: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}
