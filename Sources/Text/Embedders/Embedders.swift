internal import Foundation
internal import S3Vectors
internal import Synchronization

/// Makes embedders from strings, as the command line and collections name them.
public enum Embedders {
    /// Makes an embedder from what stands behind the name and its colon; empty where nothing does.
    public typealias Maker = @Sendable (_ argument: String) async throws(EmbedderError) -> any Embedder

    private static let makers = Mutex<[String: Maker]>([:])
    private static let builtIn: Set = ["minilm", "static", "http", "https", "bedrock", "command", "hash"]

    /// Has ``make(_:)`` know `NAME` and `NAME:ARGUMENT` of this program. The last of a name counts.
    ///
    /// - Parameter name: without a colon, and none of the built-in ones.
    public static func register(_ name: String, _ make: @escaping Maker) {
        precondition(
            !name.isEmpty && !name.contains(":") && !builtIn.contains(name), "no embedder can be called '\(name)'")
        makers.withLock { $0[name] = make }
    }

    /// What strings there are, for people.
    static let forms = "minilm, static:FOLDER, http:URL, bedrock:MODEL, command:PROGRAM or hash"
    /// A variable that lets collections run the programs that they remember.
    static let consentVariable = "MEMVEC_RUN_COMMANDS"

    /// - Parameter text: `minilm`, `static:FOLDER`, `http:URL` (or the URL itself) with or without `#MODEL`,
    ///   `bedrock:MODEL`, `command:PROGRAM` with its arguments as a shell would split them, or `hash` with or without
    ///   `:DIMENSION`, or what ``register(_:_:)`` was given.
    /// - Throws: ``EmbedderError``.
    public static func make(_ text: String) async throws(EmbedderError) -> any Embedder {
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return try await http(text) }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("minilm", nil): return try MiniLM()
        case ("static", let folder?): return try StaticEmbedder(folder: folder)
        case ("http", let url?): return try await http(url)
        case ("bedrock", let model?): return try await bedrock(model)
        case ("command", let program?): return try await CommandEmbedder(program)
        case ("hash", nil): return HashEmbedder(dimension: HashEmbedder.usualDimension)
        case ("hash", let size?):
            guard let dimension = Int(size), (8...4096).contains(dimension) else {
                throw .failed(embedder: text, problem: "\(size) is no dimension from 8 to 4,096")
            }
            return HashEmbedder(dimension: dimension)
        case (let name?, let argument):
            guard let maker = makers.withLock({ $0[name] }) else { throw .unknown(text) }
            return try await maker(argument ?? "")
        default: throw .unknown(text)
        }
    }

    /// As ``make(_:)``, from a string that stands in a collection's folder and that nobody has typed now.
    ///
    /// - Throws: ``EmbedderError/needsConsent(_:)`` for a program, unless the variable MEMVEC_RUN_COMMANDS is 1: a
    ///   folder that came from somewhere else must not run programs by being opened.
    public static func make(remembered text: String) async throws(EmbedderError) -> any Embedder {
        try await make(remembered: text, environment: ProcessInfo.processInfo.environment)
    }

    static func make(
        remembered text: String, environment: [String: String]
    ) async throws(EmbedderError) -> any Embedder {
        if text.hasPrefix("command:"), environment[consentVariable] != "1" { throw .needsConsent(text) }
        return try await make(text)
    }

    private static func http(_ url: String) async throws(EmbedderError) -> any Embedder {
        let transport: CurlTransport
        do throws(TransportError) { transport = try CurlTransport() } catch {
            throw .failed(embedder: url, problem: "\(error)")
        }
        return try await HTTPEmbedder(url, environment: ProcessInfo.processInfo.environment, http: transport)
    }

    private static func bedrock(_ model: String) async throws(EmbedderError) -> any Embedder {
        let access: ServiceAccess
        do throws(ServiceAccess.Failure) { access = try ServiceAccess(to: .bedrockRuntime) } catch {
            throw .failed(embedder: "bedrock:\(model)", problem: "\(error)")
        }
        return try await BedrockEmbedder(model, access: access)
    }
}
