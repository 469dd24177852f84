/// What kind of index a factory string asks for.
public enum IndexForm: Sendable, Equatable {
    /// No index of codes: every vector is compared.
    case flat
    /// FAISS's HNSW, such as HNSW32.
    case graph(factory: String)
    case ivfpq(IndexSettings)
    /// A kind that the program brought along (``CandidateIndexes``).
    case registered(name: String)

    /// - Throws: ``IndexError/factory(_:why:)``.
    public init(factory: String, dimension: Int) throws(IndexError) {
        if CandidateIndexes.maker(of: factory) != nil {
            self = .registered(name: factory)
        } else if GraphIndex.edges(of: factory) != nil {
            _ = try GraphIndex(factory: factory, dimension: dimension, training: 1)
            self = .graph(factory: factory)
        } else if let settings = try IndexSettings.parse(factory, dimension: dimension) {
            self = .ivfpq(settings)
        } else {
            self = .flat
        }
    }

    /// An empty index of a kind that needs no training; nil for IVF-PQ.
    public func untrained(dimension: Int, training: UInt32) throws(IndexError) -> (any CandidateIndex)? {
        switch self {
        case .flat: FlatIndex(dimension: dimension, training: training)
        case .graph(let factory): try GraphIndex(factory: factory, dimension: dimension, training: training)
        case .ivfpq: nil
        case .registered(let name): try CandidateIndexes.make(name, dimension: dimension, training: training)
        }
    }
}
