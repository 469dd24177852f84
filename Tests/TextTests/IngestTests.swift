import Foundation
import MemVec
import Synchronization
import Testing
import Text
import Vectors

@Suite("Ingest")
struct IngestTests {
    private let folder = TemporaryFolder()
    private let embedder = LetterEmbedder()

    private func documents(_ count: Int) -> [SourceItem] {
        (0..<count).map { .document(SourceDocument("d\($0)", ["alpha \($0) beta", "gamma delta \($0) epsilon"])) }
    }

    @Test("stores each passage with what it is from, and a second run embeds nothing")
    func twice() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "notes"
        let first = try await texts.ingest(ListReader(documents(50)), options: options)
        #expect(first.documentCount == 50 && first.newCount == 50 && first.storedCount == 100)
        #expect(try await texts.vectors.count() == 100)
        let record = try #require(try await texts.vectors.get(["notes/d7#1"])[0])
        #expect(record.metadata.json.hasPrefix(#"{"document":"notes/d7","title":"Title of d7","file":"d7.txt","#))
        #expect(record.metadata["section"] == .string("Part 1") && record.metadata["chunk"] == .integer(1))
        #expect(record.metadata["text"] == .string("gamma delta 7 epsilon"))
        let second = try await texts.ingest(ListReader(documents(50)), options: options)
        #expect(second.unchangedCount == 50 && second.storedCount == 0 && second.newCount == 0)
        #expect(embedder.embeddedCount == 100)
        try await texts.vectors.close()
    }

    @Test("replaces what changed, chunk by chunk, and takes away what is no more")
    func changes() async throws {
        let texts = try await textCollection(in: folder, embedder)
        let before = SourceDocument("a", ["one", "two", "three", "four"])
        _ = try await texts.ingest(ListReader([.document(before)]))
        let after = SourceDocument("a", ["one", "2", "three"])
        let report = try await texts.ingest(ListReader([.document(after)]))
        // Chunk 0 says how many there are, chunk 1 has another text.
        #expect(report.changedCount == 1 && report.storedCount == 2 && report.removedChunkCount == 1)
        let (summary, chunks) = try await texts.document("a")
        #expect(summary.state == .complete && summary.chunkCount == 3)
        #expect(chunks.map(\.text) == ["one", "2", "three"])
        #expect(chunks.map(\.section) == ["", "Part 1", "Part 2"])
        try await texts.vectors.close()
    }

    @Test("removes documents that the source has no more, under its label alone, when it is told to")
    func pruning() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "b"
        _ = try await texts.ingest(ListReader(documents(3)), options: options)
        options.label = "a"
        _ = try await texts.ingest(ListReader(documents(10)), options: options)
        options.removesMissing = true
        let broken = ListReader(documents(2), failure: .unreadable(path: "x", problem: "gone"))
        let failed = try await texts.ingest(broken, options: options)
        #expect(failed.failure == .unreadable(path: "x", problem: "gone") && failed.removedDocumentCount == 0)
        let report = try await texts.ingest(ListReader(documents(8)), options: options)
        #expect(report.removedDocumentCount == 2 && report.removedChunkCount == 4)
        #expect(try await texts.vectors.count() == 22)
        #expect(try await texts.summary("a/d9") == nil)
        #expect(try await texts.summary("b/d2") != nil)
        try await texts.vectors.close()
    }

    @Test("takes no document for gone whose file could not be read")
    func brokenFiles() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "n"
        options.removesMissing = true
        _ = try await texts.ingest(ListReader(documents(3)), options: options)
        let broken = SourceItem.broken(file: "d2.txt", reason: "no right to read it")
        let report = try await texts.ingest(ListReader(documents(1) + [broken]), options: options)
        #expect(report.brokenCount == 1 && report.skippedCount == 1 && report.removedDocumentCount == 1)
        #expect(try await texts.summary("n/d1") == nil)
        #expect(try await texts.summary("n/d2")?.state == .complete)
        #expect(try await texts.ingest(ListReader(documents(1)), options: options).removedDocumentCount == 1)
        try await texts.vectors.close()
    }

    @Test("takes no document for gone when the limit of documents ended the run, and says that it did")
    func limitedPruning() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "n"
        _ = try await texts.ingest(ListReader(documents(10)), options: options)
        options.removesMissing = true
        options.documentLimit = 4
        let limited = try await texts.ingest(ListReader(documents(10)), options: options)
        #expect(limited.isLimited && limited.documentCount == 4 && limited.removedDocumentCount == 0)
        #expect(try await texts.vectors.count() == 20)
        // A limit that was not reached is none.
        options.documentLimit = 9
        let whole = try await texts.ingest(ListReader(documents(8)), options: options)
        #expect(!whole.isLimited && whole.removedDocumentCount == 2)
        try await texts.vectors.close()
    }

    @Test("takes no document of JSON lines for gone when a line of the file is broken, wherever it stood before")
    func tornLines() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "n"
        options.removesMissing = true
        func ingest(_ lines: [String]) async throws -> IngestReport {
            let path = try folder.write("a.jsonl", lines.joined(separator: "\n"))
            return try await texts.ingest(try DocumentReaders.open(path), options: options)
        }
        let whole = ["x", "y", "z"].map { #"{"id":"\#($0)","text":"of \#($0)"}"# }
        #expect(try await ingest(whole).newCount == 3)
        let torn = try await ingest([#"{"id":"y","te"#, whole[0], #"{"id":"z"#])
        #expect(torn.skippedCount == 2 && torn.brokenCount == 1 && torn.removedDocumentCount == 0)
        for name in ["n/x", "n/y", "n/z"] { #expect(try await texts.summary(name)?.state == .complete, "\(name)") }
        let mended = try await ingest([whole[0], whole[2]])
        #expect(mended.brokenCount == 0 && mended.removedDocumentCount == 1)
        #expect(try await texts.summary("n/y") == nil)
        try await texts.vectors.close()
    }

    @Test("removes what it had of a record or a file that has become empty, also when it is not told to prune")
    func emptied() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.label = "n"
        func ingest(_ lines: String, _ markdown: String, _ html: String) async throws -> IngestReport {
            _ = try folder.write("notes/a.jsonl", lines)
            _ = try folder.write("notes/b.md", markdown)
            let path = try folder.write("notes/c.html", html)
            return try await texts.ingest(
                try DocumentReaders.open((path as NSString).deletingLastPathComponent), options: options)
        }
        let page = "<title>Sea</title><p>waves</p>"
        let first = try await ingest(#"{"id":"r","text":"a record"}"#, "# Bee\n\nbuzz", page)
        #expect(first.newCount == 3 && first.removedDocumentCount == 0)
        let second = try await ingest(#"{"id":"r","text":" "}"#, "", page)
        #expect(second.removedDocumentCount == 2 && second.removedChunkCount == 2 && second.unchangedCount == 1)
        #expect(second.skippedCount == 2 && second.brokenCount == 0)
        let third = try await ingest(#"{"id":"r","text":""}"#, "\n \n", "<title>Sea</title>")
        #expect(third.removedDocumentCount == 1 && third.skippedCount == 3)
        #expect(try await texts.vectors.count() == 0)
        try await texts.vectors.close()
    }

    @Test("refuses a collection whose texts would have to be filterable, before anything is embedded")
    func filterableText() async throws {
        let vectors = try await VectorCollection.create(
            at: folder.path + "/plain", CollectionConfiguration(dimension: 16, metric: .cosine))
        let texts = try TextCollection(vectors, embedder: embedder)
        await #expect(throws: TextError.filterableText(folder: vectors.folder, keys: ["text"])) {
            _ = try await texts.ingest(ListReader(documents(1)))
        }
        #expect(embedder.embeddedCount == 0)
        try await vectors.close()
    }

    @Test("goes on where an earlier run broke off, without embedding anything twice")
    func resumed() async throws {
        let texts = try await textCollection(in: folder, embedder)
        let broken = ListReader(documents(30), failure: .broken(path: "x", place: "byte 7", problem: "truncated"))
        let first = try await texts.ingest(broken)
        #expect(first.failure != nil && first.storedCount == 60)
        _ = try await texts.ingest(ListReader(documents(50)))
        #expect(try await texts.vectors.count() == 100)
        #expect(embedder.counted.withLock { $0.values.allSatisfy { $0 == 1 } })
        try await texts.vectors.close()
    }

    @Test("says what it leaves out: no text, an id that was there, what a reader skips; and keeps to the limit")
    func skips() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var items = documents(3)
        items.insert(.skipped(file: "r.txt", reason: "a redirect"), at: 0)
        items.append(.document(SourceDocument("d1", ["once more"])))
        items.append(.document(SourceDocument("blank", [""])))
        let told = Mutex<[String]>([])
        var options = IngestOptions()
        options.skipped = { file, reason in told.withLock { $0.append("\(file): \(reason)") } }
        let report = try await texts.ingest(ListReader(items), options: options)
        #expect(report.skippedCount == 3 && report.documentCount == 3)
        #expect(
            told.withLock { $0 } == [
                "r.txt: a redirect", "d1.txt: the id d1 was there before in this source",
                "blank.txt: there is no text in it",
            ])
        options.documentLimit = 2
        #expect(try await texts.ingest(ListReader(items), options: options).documentCount == 2)
        try await texts.vectors.close()
    }

    @Test("cuts what is too long for metadata, counts it, and refuses nothing late")
    func longFields() async throws {
        let texts = try await textCollection(in: folder, embedder)
        let long = String(repeating: "\"é\u{1}", count: 30_000)
        let document = SourceDocument(
            id: String(repeating: "x\"", count: 900), title: long, file: long,
            sections: [.init(title: long, text: long), .init(title: "", text: "short")])
        let report = try await texts.ingest(ListReader([.document(document)]))
        #expect(report.storedCount == report.chunkCount && report.cutCount >= 1)
        let page = try await texts.documents()
        #expect(page.documents.count == 1 && page.documents[0].state == .complete)
        #expect(page.documents[0].id.utf8.count < 1000)
        let again = try await texts.ingest(ListReader([.document(document)]))
        #expect(again.unchangedCount == 1)
        try await texts.vectors.close()
    }

    @Test("refuses the vectors of another embedder by name")
    func otherEmbedder() async throws {
        let texts = try await textCollection(in: folder, embedder)
        #expect(throws: TextError.self) {
            _ = try TextCollection(texts.vectors, embedder: LetterEmbedder(name: "other"))
        }
        try await texts.vectors.close()
        let reopened = try await VectorCollection.open(at: folder.path + "/texts")
        do {
            _ = try TextCollection(reopened, embedder: LetterEmbedder(name: "other"))
            Issue.record("another embedder was taken")
        } catch {
            #expect("\(error)".contains("was made with the embedder letters, not other"))
        }
        try await reopened.close()
    }
}
