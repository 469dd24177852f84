/// What a collection of texts refuses.
public enum TextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The collection's vectors were made by another embedder.
    case anotherEmbedder(folder: String, remembered: String, asked: String)
    /// Nobody has said yet what embeds the texts of this collection.
    case noEmbedder(folder: String)
    /// The embedder's vectors do not fit into the collection.
    case anotherDimension(folder: String, dimension: Int, embedder: String, its: Int)
    /// Texts would count as filterable, of which S3 Vectors takes 2,048 bytes.
    case filterableText(folder: String, keys: [String])
    /// No document has this id.
    case noDocument(id: String)
    /// The words of the collection's passages are not searched yet.
    case noFullText(folder: String)

    /// Stable, for programs.
    public var code: String {
        switch self {
        case .anotherEmbedder: "another_embedder"
        case .noEmbedder: "no_embedder"
        case .anotherDimension: "another_dimension"
        case .filterableText: "filterable_text"
        case .noDocument: "not_found"
        case .noFullText: "no_full_text"
        }
    }

    public var description: String {
        switch self {
        case .anotherEmbedder(let folder, let remembered, let asked):
            "\(folder) was made with the embedder \(remembered), not \(asked): vectors of two cannot be compared; "
                + "leave --embedder out, or ingest into another collection"
        case .noEmbedder(let folder):
            "\(folder) does not say what embeds its texts: name it with --embedder"
        case .anotherDimension(let folder, let dimension, let embedder, let its):
            "\(folder) holds vectors of \(dimension) values, the embedder \(embedder) makes \(its)"
        case .filterableText(let folder, let keys):
            "\(folder) was made without the non-filterable metadata keys \(keys.joined(separator: " and ")): texts do "
                + "not fit; ingest into a new collection"
        case .noDocument(let id): "no document is called \"\(id)\""
        case .noFullText(let folder):
            "\(folder) has no full text over its passages: make it by `memvec documents index \(folder)`, or search by "
                + "vector"
        }
    }
}
