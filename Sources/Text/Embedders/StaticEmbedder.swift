internal import Foundation
internal import Vectors

/// A table of vectors, one a token: a text's vector is the mean of its tokens', of length 1. Hundreds of times as fast
/// as a transformer, and worse.
///
/// A folder as model2vec writes it: `model.safetensors` with one table [tokens, dimension] (F32, F16, BF16 or I8), and
/// `vocab.txt`, or `tokenizer.json` with WordPiece's vocabulary, to cut texts by.
struct StaticEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = 1024
    let batchSize = 512
    private let pieces: WordPiece
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
        pieces = try Self.pieces(folder)
        dimension = tensor.shape[1]
        guard pieces.count == tensor.shape[0], (1...4096).contains(dimension) else {
            throw .badModel(
                path: path, problem: "its table is \(tensor.shape) for a vocabulary of \(pieces.count)", advice: "")
        }
        table = values
        // Whatever the folder is called: vectors of another table are others.
        name = "static:" + String(file.fingerprint.prefix(16))
    }

    private static func pieces(_ folder: String) throws(EmbedderError) -> WordPiece {
        if FileManager.default.fileExists(atPath: folder + "/vocab.txt") {
            return try WordPiece(vocabulary: folder + "/vocab.txt", advice: "")
        }
        let path = folder + "/tokenizer.json"
        guard let data = FileManager.default.contents(atPath: path), let value = try? JSONValue(bytes: [UInt8](data)),
            let model = value["model"], case .object(let vocabulary)? = model["vocab"],
            model["type"] == .string("WordPiece")
        else {
            throw .badModel(
                path: path, problem: "it is no tokenizer of the kind WordPiece", advice: "there is no vocab.txt either")
        }
        var lines = [String](repeating: "", count: vocabulary.count)
        for member in vocabulary {
            guard case .integer(let id) = member.value, lines.indices.contains(Int(id)) else {
                throw .badModel(path: path, problem: "the token \"\(member.name)\" has no place in it", advice: "")
            }
            lines[Int(id)] = member.name
        }
        return try WordPiece(lines: lines.map { Array($0.utf8) }, path: path)
    }

    func tokenCount(_ text: String) -> Int { pieces.ids(text).count }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        texts.map { text in
            var sum = [Float](repeating: 0, count: dimension)
            for id in pieces.ids(text).prefix(longestInput) where id != pieces.unknownID {
                let start = Int(id) * dimension
                for i in 0..<dimension { sum[i] += table[start + i] }
            }
            return UnitVector.scaled(sum)
        }
    }
}
