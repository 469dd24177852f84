internal import CTransformer
internal import Dispatch
internal import Synchronization

/// all-MiniLM-L6-v2 (Reimers and Gurevych; Wang and others, 2020, arXiv 2002.10957): 6 layers of BERT, the mean of the
/// last states, 384 values of length 1.
///
/// A text is read to its 126th piece. Texts need not be filled up to a common length, so the same text gives the same
/// vector in any company; each core takes texts of about ``passTokens`` tokens at once.
final class MiniLM: Embedder {
    static let folder = "minilm-l6-v2"
    private static let advice = "run tools/models minilm, or name its folder's parent in MEMVEC_MODELS"
    private static let shape = mvt_shape(
        layers: 6, heads: 12, width: 384, inner: 1536, vocabulary: 30_522, positions: 512)
    /// With [CLS] and [SEP].
    private static let tokenLimit = 128
    /// What one product is best given: more rows do not make it faster, and leave the cache.
    private static let passTokens = 512

    let name = "minilm"
    let dimension = 384
    let longestInput = tokenLimit - 2
    let batchSize = 256
    private let pieces: WordPiece
    private let weights: BertWeights

    /// - Parameter folder: with model.safetensors and vocab.txt.
    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    init(folder: String = ModelFolder.path(of: MiniLM.folder)) throws(EmbedderError) {
        pieces = try WordPiece(vocabulary: folder + "/vocab.txt", advice: Self.advice)
        guard pieces.count == Int(Self.shape.vocabulary) else {
            throw .badModel(
                path: folder + "/vocab.txt", problem: "it has \(pieces.count) pieces, not \(Self.shape.vocabulary)",
                advice: Self.advice)
        }
        weights = try BertWeights(
            SafeTensors(path: folder + "/model.safetensors", advice: Self.advice), shape: Self.shape)
        mvt_prepare()
    }

    func tokenCount(_ text: String) -> Int { pieces.ids(text).count }

    /// The ids that the model is given.
    func tokens(_ text: String) -> [Int32] {
        [pieces.firstID] + pieces.ids(text).prefix(Self.tokenLimit - 2) + [pieces.lastID]
    }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.embedNow(texts)) }
        }
        return try result.get()
    }

    private func embedNow(_ texts: [String]) -> Result<[[Float]], EmbedderError> {
        let tokens = texts.map(tokens)
        let passes = Self.passes(tokens.map(\.count))
        let out = Mutex([[Float]](repeating: [], count: texts.count))
        let problem = Mutex<Int32>(0)
        DispatchQueue.concurrentPerform(iterations: passes.count) { number in
            let pass = passes[number]
            let (status, vectors) = weights.embed(pass.map { tokens[$0] })
            if status != 0 { return problem.withLock { $0 = status } }
            out.withLock { out in for (text, vector) in zip(pass, vectors) { out[text] = vector } }
        }
        switch problem.withLock({ $0 }) {
        case 0: return .success(out.withLock { $0 })
        case -1: return .failure(.failed(embedder: name, problem: "there is no memory for \(texts.count) texts"))
        default: return .failure(.failed(embedder: name, problem: "a token is out of range"))
        }
    }

    /// Texts of like length together, the longest first, so that the last pass to end is a short one.
    private static func passes(_ lengths: [Int]) -> [[Int]] {
        var passes: [[Int]] = [], tokenCount = 0
        for text in lengths.indices.sorted(by: { (lengths[$0], $0) > (lengths[$1], $1) }) {
            if passes.isEmpty || tokenCount + lengths[text] > passTokens {
                passes.append([])
                tokenCount = 0
            }
            passes[passes.count - 1].append(text)
            tokenCount += lengths[text]
        }
        return passes
    }
}
