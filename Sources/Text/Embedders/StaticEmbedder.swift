/// A table of vectors, one a token: a text's vector is the mean of its tokens', of length 1. Hundreds of times as fast
/// as a transformer, and worse.
///
/// A folder as model2vec writes it: `model.safetensors` with one table [tokens, dimension] (F32, F16, BF16 or I8), and
/// `vocab.txt` or `tokenizer.json` (WordPiece, or BPE as Llama 2 has it) to cut texts by. Tokens that are not known do
/// not count, as in model2vec.
struct StaticEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = 1024
    let batchSize = 512
    private let tokenizer: any TextTokenizer
    private let table: [Float]

    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    init(folder: String) throws(EmbedderError) {
        let path = folder + "/model.safetensors"
        let file = try SafeTensors(path: path, advice: "static: wants a folder of model2vec's form")
        let tables = file.tensors.filter { $0.value.shape.count == 2 }
        guard tables.count == 1, let tensor = tables.first?.value, let values = file.values(of: tensor) else {
            throw .badModel(path: path, problem: "it has \(tables.count) tables, not one of numbers", advice: "")
        }
        guard values.allSatisfy(\.isFinite) else {
            throw .badModel(path: path, problem: "it holds numbers that are not finite", advice: "")
        }
        tokenizer = try TokenizerFile.read(folder: folder)
        dimension = tensor.shape[1]
        guard tokenizer.count == tensor.shape[0], (1...4096).contains(dimension) else {
            throw .badModel(
                path: path, problem: "its table is \(tensor.shape) for a vocabulary of \(tokenizer.count)", advice: "")
        }
        table = values
        // Whatever the folder is called: vectors of another table are others.
        name = "static:" + String(file.fingerprint.prefix(16))
    }

    func tokenCount(_ text: String) -> Int { tokenizer.ids(text).count }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        texts.map { text in
            var sum = [Float](repeating: 0, count: dimension)
            for id in tokenizer.ids(text).prefix(longestInput) where id != tokenizer.meaninglessID {
                let start = Int(id) * dimension
                for i in 0..<dimension { sum[i] += table[start + i] }
            }
            return UnitVector.scaled(sum)
        }
    }
}
