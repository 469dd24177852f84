/// Why texts could not be embedded.
public enum EmbedderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No embedder is called so.
    case unknown(String)
    /// A model's file is absent, broken or of another kind. `advice` says what to run, or is empty.
    case badModel(path: String, problem: String, advice: String)
    /// A collection remembers a program, and nobody has said that it may run.
    case needsConsent(String)
    /// A server or a program failed, or answered what cannot be used.
    case failed(embedder: String, problem: String)

    public var description: String {
        switch self {
        case .unknown(let name): "no embedder is called '\(name)': use \(Embedders.forms)"
        case .needsConsent(let text):
            "the collection remembers a program: if you trust it, give --embedder '\(text)', or set "
                + "\(Embedders.consentVariable)=1"
        case .badModel(let path, let problem, let advice):
            "the model at \(path) cannot be used: \(problem)\(advice.isEmpty ? "" : "; \(advice)")"
        case .failed(let embedder, let problem): "the embedder \(embedder) failed: \(problem)"
        }
    }
}
