internal import CTransformer

/// The weights of an encoder of the BERT family, where they lie in their file.
///
/// The unsafe code here is sound: every tensor was checked to lie in the file with the shape that the pass reads, the
/// mapping lives as long as this object, and nobody writes it; arrays outlive the call that reads them.
// Sendable as nothing of it changes.
@safe final class BertWeights: @unchecked Sendable {
    private let file: SafeTensors
    private let shape: mvt_shape
    private let layers: UnsafeMutablePointer<mvt_layer>
    private let weights: mvt_weights

    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``: a tensor is missing or has another shape.
    init(_ file: SafeTensors, shape: mvt_shape) throws(EmbedderError) {
        let width = Int(shape.width), inner = Int(shape.inner)
        func norm(_ name: String) throws(EmbedderError) -> mvt_norm {
            unsafe mvt_norm(
                gain: try file.floats(name + ".weight", [width]), bias: try file.floats(name + ".bias", [width]))
        }
        func dense(_ name: String, _ out: Int, _ into: Int) throws(EmbedderError) -> mvt_dense {
            unsafe mvt_dense(
                weight: try file.floats(name + ".weight", [out, into]), bias: try file.floats(name + ".bias", [out]))
        }
        var made: [mvt_layer] = unsafe []
        for number in 0..<Int(shape.layers) {
            let name = "encoder.layer.\(number)."
            unsafe made.append(
                mvt_layer(
                    query: try dense(name + "attention.self.query", width, width),
                    key: try dense(name + "attention.self.key", width, width),
                    value: try dense(name + "attention.self.value", width, width),
                    joined: try dense(name + "attention.output.dense", width, width),
                    widened: try dense(name + "intermediate.dense", inner, width),
                    narrowed: try dense(name + "output.dense", width, inner),
                    after_attention: try norm(name + "attention.output.LayerNorm"),
                    after_all: try norm(name + "output.LayerNorm")))
        }
        let words = unsafe try file.floats("embeddings.word_embeddings.weight", [Int(shape.vocabulary), width])
        let positions = unsafe try file.floats("embeddings.position_embeddings.weight", [Int(shape.positions), width])
        let kind = unsafe try file.floats("embeddings.token_type_embeddings.weight", [2, width])
        let embedded = unsafe try norm("embeddings.LayerNorm")
        unsafe layers = .allocate(capacity: made.count)
        unsafe layers.initialize(from: made, count: made.count)
        unsafe weights = mvt_weights(
            words: words, positions: positions, kind: kind, embedded: embedded, layers: layers)
        self.file = file
        self.shape = shape
    }

    deinit { unsafe layers.deallocate() }

    /// The vectors of texts that are given as tokens. Status: 0, or what `mvt_embed` says.
    func embed(_ texts: [[Int32]]) -> (status: Int32, vectors: [[Float]]) {
        let width = Int(shape.width)
        let ids = texts.flatMap { $0 }, lengths = texts.map { Int32($0.count) }
        var out = [Float](repeating: 0, count: texts.count * width)
        let status = unsafe withUnsafePointer(to: shape) { shape in
            unsafe withUnsafePointer(to: weights) { weights in
                unsafe mvt_embed(shape, weights, ids, lengths, texts.count, &out)
            }
        }
        return (status, texts.indices.map { Array(out[$0 * width..<($0 + 1) * width]) })
    }
}
