internal import Foundation
internal import S3Vectors

/// Makes embedders from strings, as the command line and collections name them.
public enum Embedders {
    /// What strings there are, for people.
    static let forms = "minilm, static:FOLDER, http:URL, bedrock:MODEL, command:PROGRAM or hash"
    /// A variable that lets collections run the programs that they remember.
    static let consentVariable = "MEMVEC_RUN_COMMANDS"

    /// - Parameter text: `minilm`, `static:FOLDER`, `http:URL` (or the URL itself) with or without `#MODEL`,
    ///   `bedrock:MODEL`, `command:PROGRAM` with its arguments as a shell would split them, or `hash` with or without
    ///   `:DIMENSION`.
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
