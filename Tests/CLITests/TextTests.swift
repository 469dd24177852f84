import Foundation
import Glibc
import Testing
import Vectors

@testable import CLI

@Test("numbers are written as people read them")
func numbers() {
    #expect([0, 999, 1000, -1_234_567].map(NumberText.count) == ["0", "999", "1,000", "-1,234,567"])
    #expect(NumberText.count(.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.fixed(2.005, 1) == "2.0" && NumberText.fixed(0.25, 1) == "0.3")
    #expect(NumberText.fixed(-0.04, 1) == "0.0" && NumberText.fixed(-1.25, 1) == "-1.3")
    #expect(NumberText.fixed(0.07, 2) == "0.07" && NumberText.fixed(12, 0) == "12")
    #expect(NumberText.fixed(.nan, 2) == "-" && NumberText.fixed(.infinity, 2) == "-")
    #expect(NumberText.fixed(1e300, 2) == "1e+300")
    #expect(
        [0, 1023, 1024, 1536, 1 << 20, 1_048_575, Int.max].map(NumberText.bytes)
            == ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "8192.0 PiB"])
    #expect(
        [0.25, 9.99, 42.4, 200, 7500, -1, .nan].map(NumberText.seconds)
            == ["0.25 s", "9.99 s", "42 s", "3 min 20 s", "2 h 5 min", "-", "-"])
    #expect(NumberText.counted(1, "vector") == "1 vector" && NumberText.counted(0, "vector") == "0 vectors")
    #expect(NumberText.percent(0.125) == "12.5 %")
}

@Test("progress says what is done, how fast, and what is left where that is known")
func progress() {
    #expect(Progress.text("import", done: 0, total: nil, seconds: 3) == "import: 0")
    #expect(Progress.text("import", done: 5000, total: nil, seconds: 0.1) == "import: 5,000")
    #expect(Progress.text("import", done: 5000, total: nil, seconds: 2) == "import: 5,000, 2,500/s")
    #expect(
        Progress.text("import", done: 5000, total: 20_000, seconds: 2)
            == "import: 5,000 of 20,000, 2,500/s, 6.00 s left")
    #expect(Progress.text("bench", done: 3, total: 3, seconds: 2) == "bench: 3 of 3, 1.5/s")
}

@Test("an object keeps the order of its members, leaves out what is not there, and writes floats shortly")
func objects() {
    let absent: Int? = nil
    let object: JSONObject = [
        "z": 1, "a": absent, "f": Float(0.1), "d": 1.0 / 3, "nested": ["x": true] as JSONObject, "list": ["p", "q"],
        "n": Double.nan,
    ]
    #expect(
        object.json.text == #"{"z":1,"f":0.1,"d":0.333333,"nested":{"x":true},"list":["p","q"],"n":null}"#)
}

@Test("a vector on the command line is an array of numbers, and what is not is named")
func vectorTexts() throws {
    #expect(try VectorText.parse("[1, 2.5,-3e2]") == [1, 2.5, -300])
    for (text, why) in [
        ("1,2", "--vector is not JSON"), ("{}", "--vector is an empty object"),
        ("[1,null]", "element 1 is null, not a number"), ("[[1]]", "element 0 is an array, not a number"),
    ] {
        do {
            _ = try VectorText.parse(text)
            Issue.record("\(text) was read")
        } catch {
            #expect("\(error)".contains(why), "\(error)")
        }
    }
}

@Test("few enough records make a batch that two of them stay in memory")
func batchCounts() {
    #expect(ImportRun.batchCount(dimension: 1) == 20_000)
    #expect(ImportRun.batchCount(dimension: 1536) == 5461)
    #expect(ImportRun.batchCount(dimension: 4096) == 2048)
}

/// An ingest of files of Markdown into `folder`, with a small embedder.
private func ingested(_ folder: TemporaryFolder, _ source: String, _ words: String...) async throws -> MemvecProcess.End
{
    try await MemvecProcess.run(["ingest", source, "--into", folder.collection, "--json"] + words)
}

@Test("what is there is not removed for an embedder that does not work")
func recreatingInVain() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("a.md", "# A\n\nwords\n")
    #expect(try await ingested(folder, source, "--embedder", "hash:64").status == 0)
    for embedder in ["mimilm", "command:false", "static:/nowhere"] {
        let end = try await ingested(folder, source, "--force-recreate", "--yes", "--embedder", embedder)
        #expect(end.status == 1 && !end.errors.contains("removing"), "\(embedder): \(end.errors)")
        let count = try await MemvecProcess.run("count", folder.collection, "--json")
        #expect(count.objects.first?["count"] as? Int == 1, "\(embedder)")
    }
}

@Test("a collection that is made anew has the embedder, language and settings of before, unless others are said")
func recreating() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("a.md", "# A\n\nwords\n")
    func made() async throws -> (settings: String, language: String?) {
        let file = try String(contentsOfFile: folder.collection + "/memvec.json", encoding: .utf8)
        let fullText = try await MemvecProcess.run("documents", "index", folder.collection, "--json")
        return (file, fullText.objects.first?["language"] as? String)
    }
    let first = ["--embedder", "hash:64", "--language", "de", "--ram-budget", "4MiB"]
    #expect(try await MemvecProcess.run(["ingest", source, "--into", folder.collection] + first).status == 0)
    let again = try await ingested(folder, source, "--force-recreate", "--yes")
    #expect(again.status == 0 && again.objects.first?["new"] as? Int == 1, "\(again.errors)")
    let same = try await made()
    #expect(same.settings.contains("\"hash:64\"") && same.settings.contains("4MiB") && same.language == "de")
    let other = try await ingested(
        folder, source, "--force-recreate", "--yes", "--embedder", "hash:32", "--language", "plain")
    #expect(other.status == 0, "\(other.errors)")
    let changed = try await made()
    #expect(changed.settings.contains("\"hash:32\"") && changed.language == "plain")
}

@Test("the log of what is left out is written where it leads, and never over the source")
func skipLog() throws {
    let folder = try TemporaryFolder()
    let target = try folder.write("target.jsonl", "old\n"), link = folder.path + "/link.jsonl"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target.jsonl")
    let source = try folder.write("source.jsonl", "{}\n")
    let log = try SkipLog(path: link, source: source)
    log.note("a.md", "no text")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == #"{"file":"a.md","reason":"no text"}"# + "\n")
    #expect(log.failure == nil && log.summary == ["left out 1: no text (a.md)"])
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "source.jsonl")
    for path in [source, link] {
        #expect(throws: (any Error).self) { _ = try SkipLog(path: path, source: source) }
    }
    #expect(try String(contentsOfFile: source, encoding: .utf8) == "{}\n")
    #expect(throws: SkipLogUnwritable.self) { _ = try SkipLog(path: folder.path + "/no/log", source: source) }
    let none = try SkipLog(path: "/dev/null", source: source)
    none.note("b.md", "no text")
    var there = stat()
    let status = unsafe stat("/dev/null", &there)
    #expect(status == 0 && there.st_mode & S_IFMT == S_IFCHR && none.failure == nil)
}

@Test("a log on a full disk ends an ingest with 1 and a sentence, and what was read is stored")
func fullLog() async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/notes", withIntermediateDirectories: true)
    _ = try folder.write("notes/a.md", "words\n")
    for name in ["b.md", "c.md"] { _ = try folder.write("notes/" + name, "") }
    let end = try await ingested(folder, folder.path + "/notes", "--embedder", "hash:64", "--log", "/dev/full")
    #expect(end.status == 1 && end.errors.contains("the file /dev/full cannot be written: No space left"))
    #expect(end.objects.first?["new"] as? Int == 1 && end.objects.first?["skipped"] as? Int == 2)
    let own = try folder.write("s.jsonl", #"{"id":"x","text":"one"}"#)
    let refused = try await ingested(folder, own, "--embedder", "hash:64", "--log", own)
    #expect(refused.status == 2 && refused.errors.contains("is what is to be read"))
}

@Test("advice before a removal names no flag that a command has not")
func adviceToConfirm() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("a.md", "words\n")
    #expect(try await ingested(folder, source, "--embedder", "hash:64").status == 0)
    let recreated = try await ingested(folder, source, "--force-recreate")
    let deleted = try await MemvecProcess.run("documents", "delete", folder.collection, "a.md")
    for end in [recreated, deleted] {
        #expect(end.status == 2 && end.errors.contains("Say --yes to do it") && !end.errors.contains("--dry-run"))
    }
}

@Test("tokens of a passage are within bounds")
func chunkTokens() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("a.md", "words\n")
    for (tokens, status) in [("7", 2), ("8", 0), ("1000000", 0), ("1000001", 2), ("9223372036854775807", 2)] {
        let end = try await ingested(folder, source, "--embedder", "hash:64", "--chunk-tokens", tokens)
        #expect(end.status == status, "\(tokens): \(end.errors)")
        #expect(status == 0 || end.errors.contains("8 to 1,000,000 are possible"))
    }
}

@Test("a source that is a pipe is refused with what to do")
func pipedSource() async throws {
    let folder = try TemporaryFolder()
    let end = try await MemvecProcess.run(
        "ingest", "/dev/stdin", "--into", folder.collection, "--embedder", "hash:64", input: "words\n")
    #expect(end.status == 1 && end.errors.contains("/dev/stdin cannot be read: it is a pipe or a device"))
    #expect(!FileManager.default.fileExists(atPath: folder.collection))
}

@Test("a name with a slash is refused, and what could not be pruned is said")
func namesAndPruning() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("dump.xml", "<mediawiki></mediawiki>")
    let refused = try await ingested(folder, source, "--embedder", "hash:64", "--name", "team/alpha")
    #expect(refused.status == 2 && refused.errors.contains(#"--name is "team/alpha""#))
    let untold = try await ingested(folder, source, "--embedder", "hash:64", "--prune")
    #expect(untold.status == 0 && untold.errors.contains("nothing was pruned"))
    #expect(untold.objects.first?["unpruned"] as? Bool == true)
}
