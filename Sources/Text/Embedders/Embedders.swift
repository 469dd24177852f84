internal import Foundation
internal import S3Vectors

/// Makes embedders from strings, as the command line and collections name them.
public enum Embedders {
    /// - Parameter text: `minilm`, `static:FOLDER`, `http:URL` (or the URL itself), or `hash` with or without
    ///   `:DIMENSION`.
    /// - Throws: ``EmbedderError``.
    public static func make(_ text: String) async throws(EmbedderError) -> any Embedder {
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return try await http(text) }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("minilm", nil): return try MiniLM()
        case ("static", let folder?): return try StaticEmbedder(folder: folder)
        case ("http", let url?): return try await http(url)
        case ("hash", nil): return HashEmbedder(dimension: HashEmbedder.usualDimension)
        case ("hash", let size?):
            guard let dimension = Int(size), (8...4096).contains(dimension) else {
                throw .failed(embedder: text, problem: "\(size) is no dimension from 8 to 4,096")
            }
            return HashEmbedder(dimension: dimension)
        default: throw .unknown(text)
        }
    }

    private static func http(_ url: String) async throws(EmbedderError) -> any Embedder {
        let transport: CurlTransport
        do throws(TransportError) { transport = try CurlTransport() } catch {
            throw .failed(embedder: url, problem: "\(error)")
        }
        return try await HTTPEmbedder(url, environment: ProcessInfo.processInfo.environment, http: transport)
    }
}
