import Formats
import Foundation
import MemVec
import Testing

@testable import CLI

@Test("a line is read whatever form it has, and one that is refused leaves nothing behind")
func rerankParser() throws {
    let text = #"""
        {"id":{"a":[1,"\""]},"vector":[1,2],"candidates":["k\u00e9",{"key":"b","score":0.5}],"k":3}
        {"vector":[1,2],"candidates":["left","behind",{"score":1}]}

        {"text":"words","candidates":[]}
        {"vector":[3,4]}
        {"vector":[1,1e40],"candidates":["x"]}
        {"vector":[1,2],"vectors":[1]}
        """#
    let lines = try RerankParser(dimension: 2, metric: .euclidean).read(Array(text.utf8))
    #expect(lines.lineCount == 7 && lines.batch.lineCount == 3 && lines.refused.map(\.line) == [1, 5, 6])
    #expect(lines.refused[0].why == "a candidate has no key")
    #expect(lines.refused[1].why.contains("inf at position 1"))
    #expect(lines.refused[2].why.hasPrefix("field \"vectors\" is unknown"))
    #expect((0..<lines.batch.candidateCount).map { lines.batch.keys.text(of: $0) } == ["ké", "b"])
    #expect(lines.batch.values == [1, 2, 0, 0, 3, 4] && lines.batch.limits == [3, 0, 0])
    #expect(lines.batch.searches == [2] && lines.texts.map(\.line) == [1])
    #expect(String(decoding: lines.id(ofLine: 0), as: UTF8.self) == #"{"a":[1,"\""]}"# && lines.id(ofLine: 1).isEmpty)

    let refused = RerankPrinter.refusals(lines, firstLine: 11)
    #expect(String(decoding: refused, as: UTF8.self).hasPrefix(#"{"line":12,"error":"a candidate has no key"}"# + "\n"))
}

@Test("a line that is too long is refused, and those around it are read")
func rerankLongLine() async throws {
    let folder = try TemporaryFolder()
    let collection = try await VectorCollection.create(
        at: folder.collection, CollectionConfiguration(dimension: 2, metric: .euclidean))
    let line = #"{"vector":[1,2],"candidates":["a"]}"# + "\n"
    let path = try folder.write("in.jsonl", line + String(repeating: " ", count: 600_000) + line + line)
    let source = try RerankSource(
        LineStream(path: path, lineLimit: 1 << 19), from: 0, Reranker(collection, RerankOptions()), embedder: nil,
        endsAtRefusal: false)
    let chunk = try await source.next()
    let pieces = try #require(chunk).pieces
    #expect(pieces.map(\.lineCount) == [1, 1, 1] && pieces.map(\.batch.lineCount) == [1, 0, 1])
    #expect(pieces[1].refused.map(\.line) == [0])
    #expect(pieces[1].refused.map(\.why) == ["the line is longer than 512.0 KiB"])
    let refused = String(decoding: RerankPrinter.refusals(pieces[1], firstLine: 2), as: UTF8.self)
    #expect(refused == #"{"line":2,"error":"the line is longer than 512.0 KiB"}"# + "\n")
    let rest = try await source.next()
    #expect(rest?.pieces.isEmpty == nil)
    try await collection.close()
}

@Test("threads that write as they get ready do not write into one another's lines")
func unorderedOutput() async throws {
    let folder = try TemporaryFolder()
    let output = UnorderedOutput(try ResumableFile(path: folder.path + "/out"))
    let line: @Sendable (Int) -> String = { number in String(repeating: "\(number % 10)", count: 500) + "\n" }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 { group.addTask { try output.write(Array(line(number).utf8)) } }
        try await group.waitForAll()
    }
    let written = try String(contentsOfFile: folder.path + "/out", encoding: .utf8)
    #expect(written.split(separator: "\n").map { $0 + "\n" }.sorted() == (0..<40).map(line).sorted())
}

@Test("the line of a run tells its rate, what is left and what it cost; its summary tells the stages")
func rerankProgress() {
    var report = RerankReport()
    report.lineCount = 30_000
    report.fetchCallCount = 12
    report.dollars = 0.00066
    #expect(
        RerankProgress.text(report, done: 25, of: 100, seconds: 2)
            == "rerank: 30,000 lines, 15,000/s, 6.00 s left, 12 calls, $0.0007")
    #expect(RerankProgress.text(RerankReport(), done: 0, of: nil, seconds: 1) == "rerank: 0 lines, 0/s")
}

@Test("one search, two searches, and what they took of the cold store")
func rerankSummaryOfSearches() {
    func text(_ count: Int) -> String {
        var report = RerankReport()
        report.searchCount = count
        report.fetchCallCount = count
        report.fetchedKeyCount = 10
        report.dollars = 0.5
        return RerankSummary(
            report: report, refusedCount: 0, lineCount: count, outputBytes: 0, seconds: 1, readSeconds: 0,
            parseSeconds: 0, writeSeconds: 0
        ).text
    }
    #expect(text(1).hasSuffix("1 search; 10 vectors of the cold store in 1 call, $0.500000"), "\(text(1))")
    #expect(text(1118).contains("1,118 searches; 10 vectors of the cold store in 1,118 calls"), "\(text(1118))")
}
