import Foundation
import MemVec
import Testing
import Vectors

@testable import Text

@Suite("Documents that a source has no more")
struct PruneTests {
    private let folder = TemporaryFolder()
    private let embedder = LetterEmbedder()

    private func keys(_ texts: TextCollection) async throws -> [[UInt8]] {
        try await texts.vectors.list(limit: 100).records.map { Array($0.key.text.utf8) }
    }

    @Test("are told by the bytes of their names: one in another normal form of Unicode is another")
    func normalForms() async throws {
        let texts = try await textCollection(in: folder, embedder)
        let composed = SourceItem.document(SourceDocument("caf\u{E9}", ["one"]))
        let decomposed = SourceItem.document(SourceDocument("cafe\u{301}", ["one"]))
        var options = IngestOptions()
        options.label = "n"
        let both = try await texts.ingest(ListReader([composed, decomposed]), options: options)
        #expect(both.newCount == 2 && both.skippedCount == 0)
        options.removesMissing = true
        let renamed = try await texts.ingest(ListReader([composed]), options: options)
        #expect(renamed.removedDocumentCount == 1 && renamed.unchangedCount == 1)
        #expect(try await keys(texts) == [Array("n/caf\u{E9}#0".utf8)])
        let back = try await texts.ingest(ListReader([decomposed]), options: options)
        #expect(back.newCount == 1 && back.removedDocumentCount == 1)
        #expect(try await keys(texts) == [Array("n/cafe\u{301}#0".utf8)])
        try await texts.vectors.close()
    }

    @Test("have keys that are theirs by their bytes")
    func keysOfNormalForms() throws {
        let decomposed = try DocumentID("e\u{301}"), composed = try DocumentID("\u{E9}")
        #expect(try decomposed.number(of: VectorKey("e\u{301}#12")) == 12)
        #expect(try decomposed.number(of: VectorKey("\u{E9}#12")) == nil)
        #expect(try composed.number(of: VectorKey("e\u{301}#12")) == nil)
    }

    @Test("stay where the file that could not be read is another by its bytes alone, or is within that")
    func brokenNames() async throws {
        let texts = try await textCollection(in: folder, embedder)
        func document(_ id: String, _ file: String) -> SourceItem {
            .document(SourceDocument(id: id, title: "", file: file, sections: [.init(title: "", text: id)]))
        }
        var options = IngestOptions()
        options.label = "n"
        let files = ["\u{E9}.jsonl, line 1", "e\u{301}.jsonl, line 1", "\u{E9}.jsonl2", "\u{E9}.jsonl/x.md"]
        let all = files.enumerated().map { document("d\($0)", $1) }
        _ = try await texts.ingest(ListReader(all), options: options)
        options.removesMissing = true
        let broken = SourceItem.broken(file: "\u{E9}.jsonl", reason: "torn")
        let report = try await texts.ingest(ListReader([broken]), options: options)
        #expect(report.removedDocumentCount == 2)
        for name in ["n/d0", "n/d3"] { #expect(try await texts.summary(name) != nil, "\(name)") }
        try await texts.vectors.close()
    }

    private func dump(_ pages: ClosedRange<Int>?) throws -> String {
        let pages = pages.map { numbers in
            numbers.map {
                "<page><title>P\($0)</title><ns>0</ns><id>\($0)</id>"
                    + "<revision><text>Page \($0).</text></revision></page>"
            }
        }
        let body = pages?.joined() ?? ""
        return try folder.write(
            "dump.xml", "<mediawiki><siteinfo><dbname>wiki</dbname></siteinfo>\(body)</mediawiki>")
    }

    @Test("of one file of many documents go, and none of another file of its name, or of a folder that has it")
    func singleFile() async throws {
        let texts = try await textCollection(in: folder, embedder)
        func document(_ id: String) -> SourceItem {
            .document(SourceDocument(id: id, title: "", file: "dump.xml", sections: [.init(title: "", text: id)]))
        }
        var options = IngestOptions()
        options.label = "notes"
        _ = try await texts.ingest(ListReader([document("wiki/9")]), options: options)
        options.label = nil
        _ = try await texts.ingest(ListReader([document("otherwiki/9")]), options: options)
        func ingest(_ pages: ClosedRange<Int>?) async throws -> IngestReport {
            let path = try dump(pages)
            var own = IngestOptions()
            own.file = DocumentReaders.file(of: path)
            own.removesMissing = true
            return try await texts.ingest(try DocumentReaders.open(path), options: own)
        }
        #expect(try await ingest(1...4).newCount == 4)
        let fewer = try await ingest(2...3)
        #expect(fewer.removedDocumentCount == 2 && fewer.unchangedCount == 2 && !fewer.isUnpruned)
        for name in ["wiki/1", "wiki/4"] { #expect(try await texts.summary(name) == nil, "\(name)") }
        #expect(try await texts.vectors.count() == 4)
        // A file without a document does not say which ones were its.
        let none = try await ingest(nil)
        #expect(none.removedDocumentCount == 0 && none.isUnpruned)
        #expect(try await texts.vectors.count() == 4)
        try await texts.vectors.close()
    }

    @Test("are not looked for where neither a label nor a file tells which ones are the source's, and that is said")
    func untold() async throws {
        let texts = try await textCollection(in: folder, embedder)
        var options = IngestOptions()
        options.removesMissing = true
        let report = try await texts.ingest(
            ListReader([.document(SourceDocument("a", ["one"]))]), options: options)
        #expect(report.isUnpruned && report.removedDocumentCount == 0)
        #expect(DocumentReaders.file(of: folder.path) == nil)
        try await texts.vectors.close()
    }
}
