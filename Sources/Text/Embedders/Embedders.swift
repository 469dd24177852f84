/// Makes embedders from strings, as the command line and collections name them.
public enum Embedders {
    /// - Parameter text: `minilm`, or `hash` with or without `:DIMENSION`.
    /// - Throws: ``EmbedderError``.
    public static func make(_ text: String) async throws(EmbedderError) -> any Embedder {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("minilm", nil): return try MiniLM()
        case ("hash", nil): return HashEmbedder(dimension: 384)
        case ("hash", let size?):
            guard let dimension = Int(size), (8...4096).contains(dimension) else {
                throw .failed(embedder: text, problem: "\(size) is no dimension from 8 to 4,096")
            }
            return HashEmbedder(dimension: dimension)
        default: throw .unknown(text)
        }
    }
}
