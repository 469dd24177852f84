/// Stand-in.
public enum Embedders {
    public static func make(_ text: String) async throws(EmbedderError) -> any Embedder {
        guard text == "hash" else { throw .unknown(text) }
        return HashEmbedder(dimension: 384)
    }
}
