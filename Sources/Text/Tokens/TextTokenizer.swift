internal import Foundation
internal import Vectors

/// Cuts texts into the tokens of a vocabulary.
protocol TextTokenizer: Sendable {
    /// Ids are below it.
    var count: Int { get }
    /// Stands for whatever the vocabulary has no token for, and so for nothing; nil where it has one for everything.
    var meaninglessID: Int32? { get }

    /// The ids of a text's tokens, without those that mark its ends.
    func ids(_ text: String) -> [Int32]
}

/// Reads the tokenizer of a folder.
enum TokenizerFile {
    private static let byteLimit = 64 << 20

    /// `vocab.txt` is WordPiece's; else `tokenizer.json` says of which kind it is.
    ///
    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    static func read(folder: String) throws(EmbedderError) -> any TextTokenizer {
        if FileManager.default.fileExists(atPath: folder + "/vocab.txt") {
            return try WordPiece(vocabulary: folder + "/vocab.txt", advice: "")
        }
        let path = folder + "/tokenizer.json"
        func bad(_ problem: String) -> EmbedderError { .badModel(path: path, problem: problem, advice: "") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badModel(path: path, problem: "it cannot be read", advice: "there is no vocab.txt either")
        }
        guard data.count <= byteLimit, let value = try? JSONValue(bytes: [UInt8](data)), let model = value["model"]
        else { throw bad("it is no JSON with a member \"model\"") }
        guard case .string(let kind)? = model["type"] else { throw bad("its model has no type") }
        switch kind {
        case "WordPiece": return try WordPiece(lines: vocabulary(model, path), path: path)
        case "BPE": return try BytePairs(value, vocabulary: vocabulary(model, path), path: path)
        default: throw bad("it is a tokenizer of the kind \(kind); WordPiece and BPE can be read")
        }
    }

    /// The tokens by their ids.
    private static func vocabulary(_ model: JSONValue, _ path: String) throws(EmbedderError) -> [[UInt8]] {
        guard case .object(let members)? = model["vocab"] else {
            throw .badModel(path: path, problem: "its model has no vocabulary", advice: "")
        }
        var tokens = [[UInt8]?](repeating: nil, count: members.count)
        for member in members {
            guard case .integer(let id) = member.value, id >= 0, id < members.count, tokens[Int(id)] == nil else {
                throw .badModel(path: path, problem: "the token \"\(member.name)\" has no place in it", advice: "")
            }
            tokens[Int(id)] = Array(member.name.utf8)
        }
        return tokens.compactMap { $0 }
    }
}
