import Foundation
import Testing
import Vectors

@testable import Text

@Suite("byte pairs")
struct BytePairTests {
    private let folder = TemporaryFolder()

    private struct Expected: Decodable {
        let texts: [String]
        let ids: [String: [[Int32]]]
    }

    private static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/bpe.json")

    /// The tokenizer.json of the fixture, with changes to its text.
    private func tokenizer(_ changes: [(String, String)] = []) throws -> any TextTokenizer {
        let file = try #require(JSONValue(bytes: Array(Data(contentsOf: Self.path)))["tokenizer"])
        var text = file.text
        for (old, new) in changes {
            #expect(text.contains(old), "\(old)")
            text = text.replacingOccurrences(of: old, with: new)
        }
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/tokenizer.json"))
        return try TokenizerFile.read(folder: folder.path)
    }

    private static let normalizer =
        #""normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},"#
        + #"{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null"#
    private static let metaspace =
        #""pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}"#

    @Test(
        "are joined as others join them",
        arguments: [
            ("bytes", []), ("unknown", [(#""byte_fallback":true"#, #""byte_fallback":false"#)]),
            ("metaspace", [(Self.normalizer, Self.metaspace)]),
        ] as [(String, [(String, String)])])
    func known(_ name: String, _ changes: [(String, String)]) throws {
        let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: Self.path))
        let tokenizer = try tokenizer(changes)
        let wanted = try #require(expected.ids[name])
        #expect(wanted.count == expected.texts.count && wanted.joined().contains { $0 > 300 })
        for (text, ids) in zip(expected.texts, wanted) {
            #expect(tokenizer.ids(text) == ids, "\(name) of \(text)")
        }
        #expect(tokenizer.meaninglessID == (name == "unknown" ? 0 : nil))
    }

    @Test("of a text of 300,000 characters are joined one by one, not by looking at all for each")
    func long() throws {
        let tokenizer = try tokenizer()
        let ids = tokenizer.ids(String(repeating: "the cold store ", count: 20_000))
        #expect(ids.count > 20_000 && ids.allSatisfy { $0 >= 0 && $0 < tokenizer.count })
    }

    @Test(
        "whose file asks for something else, or is broken, are refused",
        arguments: [
            (#""dropout":null"#, #""dropout":0.1"#), (#""ignore_merges":false"#, #""ignore_merges":true"#),
            (#""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#), (#""type":"BPE""#, #""type":"Unigram""#),
            (#""unk_token":"<unk>""#, #""unk_token":"none""#), (#""<s>":1"#, #""<s>":1000"#),
            (#""<s>":1"#, #""<s>":2"#), (#""<s>":1"#, #""<s>":-1"#), (#""<s>":1"#, #""<s>":"1""#),
            (#""merges":["#, #""merges":[["nowhere","there"],"#), (#""merges":["#, #""merges":["one","#),
            (#""merges":["#, #""merges":[["▁"],"#), (#""type":"Prepend""#, #""type":"NFKC""#),
            (#""pre_tokenizer":null"#, #""pre_tokenizer":{"type":"ByteLevel"}"#), (#""model":{"#, #""other":{"#),
            (#""vocab":{"#, #""other":{"#),
        ])
    func refused(_ old: String, _ new: String) throws {
        #expect(throws: EmbedderError.self) { _ = try tokenizer([(old, new)]) }
    }
}
