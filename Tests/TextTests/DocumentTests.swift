import Analysis
import MemVec
import Testing
import Vectors

@testable import Text

@Suite("Documents")
struct DocumentTests {
    private let folder = TemporaryFolder()
    private let embedder = LetterEmbedder()

    private func filled(cold: String? = nil) async throws -> TextCollection {
        let texts = try await textCollection(in: folder, embedder, cold: cold)
        let items = ["a", "a#1", "b"].map { SourceItem.document(SourceDocument($0, ["red", "green", "blue " + $0])) }
        _ = try await texts.ingest(ListReader(items))
        return texts
    }

    @Test("are listed page by page")
    func listing() async throws {
        let texts = try await filled()
        var position: String?, ids: [String] = []
        repeat {
            let page = try await texts.documents(after: position, limit: 1)
            ids += page.documents.map(\.id)
            position = page.next
        } while position != nil
        #expect(ids.sorted() == ["a", "a#1", "b"])
        try await texts.vectors.close()
    }

    @Test("go with every chunk, and no other document is touched; once more is no error")
    func deletion() async throws {
        let texts = try await filled()
        let places: PlaceCounts = try texts.vectors.places(of: [VectorKey("a#0"), VectorKey("a#2"), VectorKey("x")])
        #expect(places.warmCount == 2)
        let report = try await texts.delete(DocumentID("a"))
        #expect(report.chunkCount == 3 && report.warmCount == 3 && report.remoteCount == 0)
        #expect(try await texts.summary("a") == nil)
        #expect(try await texts.summary("a#1")?.chunkCount == 3)
        #expect(try await texts.delete(DocumentID("a")).chunkCount == 0)
        let answer = try await texts.search("red", k: 10)
        #expect(answer.passages.count == 6 && answer.passages.allSatisfy { $0.document != "a" })
        #expect(try await texts.vectors.verify().problems == [])
        await #expect(throws: TextError.noDocument(id: "a")) { _ = try await texts.document("a") }
        try await texts.vectors.close()
    }

    @Test("that are there in part are so called, and deleted all the same")
    func partial() async throws {
        let texts = try await filled()
        try await texts.vectors.delete(keys: ["b#2"])
        #expect(try await texts.summary("b")?.state == .partial)
        try await texts.vectors.delete(keys: ["b#0"])
        #expect(try await texts.summary("b")?.state == .partial)
        #expect(try await texts.delete(DocumentID("b")).chunkCount == 1)
        try await texts.vectors.close()
    }

    @Test("in front of a remote leave it, too")
    func remoteDeletion() async throws {
        let far = TemporaryFolder()
        let there = try await VectorCollection.create(
            at: far.path + "/far",
            TextCollection.configuration(for: embedder, maker: "letters"))
        try await there.close()
        let texts = try await filled(cold: "local:" + far.path + "/far")
        let report = try await texts.delete(DocumentID("a#1"))
        #expect(report.chunkCount == 3 && report.remoteCount == 3)
        try await texts.vectors.close()
        let left = try await VectorCollection.open(at: far.path + "/far")
        #expect(try await left.count() == 6)
        #expect(try await left.count(matching: Filter(json: #"{"document":"a#1"}"#)) == 0)
        try await left.close()
    }
}

@Suite("A chunk as it is stored")
struct StoredChunkTests {
    @Test("is embedded under its title, and its digest changes with anything of it")
    func stored() throws {
        let document = SourceDocument("d", ["x"]), id = try DocumentID("n/d")
        func stored(_ text: String, _ section: String, count: Int) throws -> StoredChunk {
            try StoredChunk(TextChunk(number: 0, section: section, text: text), of: document, id, count: count)
        }
        let first = try stored("a text", "", count: 1)
        #expect(first.embedded == "Title of d\na text" && !first.isCut && first.key.text == "n/d#0")
        let digests = try [
            first, stored("another", "", count: 1), stored("a text", "s", count: 1), stored("a text", "", count: 2),
        ]
        .compactMap { $0.metadata.string(ChunkField.digest) }
        #expect(Set(digests).count == 4 && digests[0].count == 32)
    }
}

@Suite("Search in words")
struct SearchTests {
    @Test("gives passages with what they are from, nearest first")
    func search() async throws {
        let folder = TemporaryFolder()
        let texts = try await textCollection(in: folder, LetterEmbedder())
        let items = ["aaaa", "bbbb", "aabb"].map { SourceItem.document(SourceDocument($0, [$0])) }
        _ = try await texts.ingest(ListReader(items))
        let answer = try await texts.search("Title of aaaa\naaaa", k: 2)
        #expect(answer.passages.map(\.document) == ["aaaa", "aabb"])
        #expect(answer.passages[0].text == "aaaa" && answer.passages[0].title == "Title of aaaa")
        #expect(answer.passages[0].distance.map { abs($0) < 1e-6 } == true)
        #expect(answer.provenance?.reason == .exact || answer.provenance?.reason == .complete)
        try await texts.vectors.close()
    }

    @Test("finds by words what has them, also in other forms, and by both what is near and has them")
    func modes() async throws {
        let folder = TemporaryFolder()
        let texts = try await textCollection(in: folder, LetterEmbedder())
        let items = ["She was running home.", "They run a ship.", "Nothing of it."].enumerated().map {
            SourceItem.document(SourceDocument("d\($0)", [$1]))
        }
        await #expect(throws: TextError.noFullText(folder: texts.vectors.folder)) {
            _ = try await texts.search("running", mode: .text)
        }
        _ = try await texts.ingest(ListReader(items))
        let byWords = try await texts.search("running ships", mode: .text)
        #expect(byWords.passages.map(\.document) == ["d1", "d0"] && byWords.provenance == nil)
        #expect(byWords.passages.allSatisfy { $0.distance == nil && $0.source == nil && $0.score ?? 0 > 0 })
        #expect(byWords.passages.map(\.highlights) == [[5..<8, 11..<15], [8..<15]])
        let both = try await texts.search("running ships", mode: .hybrid)
        #expect(Set(both.passages.map(\.document)) == ["d0", "d1", "d2"] && both.provenance != nil)
        #expect(both.passages.last?.document == "d2" && both.passages.allSatisfy { $0.distance != nil })
        var options = QueryOptions()
        options.filter = try Filter(json: #"{"document":"d0"}"#)
        for mode in SearchMode.allCases {
            let filtered = try await texts.search("running ships", mode: mode, options: options)
            #expect(filtered.passages.map(\.document) == ["d0"], "\(mode)")
        }
        try await texts.vectors.close()
    }

    @Test(
        "an ingest makes the full text of passages that were there before, and of another language when it is told to")
    func language() async throws {
        let folder = TemporaryFolder()
        let texts = try await textCollection(in: folder, LetterEmbedder())
        let items = [SourceItem.document(SourceDocument("d", ["Die Häuser am Meer"]))]
        var options = IngestOptions()
        options.words = .plain
        _ = try await texts.ingest(ListReader(items), options: options)
        #expect(try await texts.search("haus", mode: .text).passages.isEmpty)
        #expect(try await texts.search("hauser", mode: .text).passages.count == 1)
        options.words = .of(.german)
        #expect(try await texts.ingest(ListReader(items), options: options).storedCount == 0)
        #expect(try await texts.search("haus", mode: .text).passages.first?.highlights == [4..<10])
        _ = try await texts.ingest(ListReader(items))
        #expect(try texts.fullText()?.language == .german)
        try await texts.vectors.removeTextFields([ChunkField.text])
        _ = try await texts.ingest(ListReader(items))
        #expect(try texts.fullText()?.language == .english && texts.fullText()?.documentCount == 1)
        try await texts.vectors.close()
    }

    @Test("marks words of the question in scalars, where characters have several of these or pairs overlap")
    func highlights() {
        func marked(_ text: String, _ question: String, _ language: Language? = .english) -> [String] {
            let scalars = Array(text.unicodeScalars)
            return PassageHighlights(of: question, language: language).ranges(in: text).map { range in
                range.reduce(into: "") { $0.unicodeScalars.append(scalars[$1]) }
            }
        }
        #expect(marked("👩‍🚀 flies; e\u{301}tudes fly.", "Études that fly") == ["flies", "e\u{301}tudes", "fly"])
        #expect(marked("東京都に住む", "京都 東京", .japanese) == ["東京都"])
        #expect(marked("word", "") == [] && marked("", "word") == [] && marked("?!", "?!") == [])
    }
}
