import Foundation
import Testing

@Test("a query prints its hits nearest first, and what the answer is worth")
func querying() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let text = try await MemvecProcess.run("query", folder.collection, "--vector", "[7.2,1,0.5]", "-k", "2")
    #expect(text.status == 0)
    #expect(text.output.split(separator: "\n").map { $0.split(separator: "\t")[1] } == ["k7", "k8"])
    #expect(text.errors.hasPrefix("exact: 20 candidates"))
    let json = try await MemvecProcess.run(
        "query", folder.collection, "--key", "k3", "-k", "1", "--metadata", "--json", "--filter",
        #"{"n": {"$gte": 5}}"#)
    let hits = try #require(json.objects.first?["hits"] as? [[String: Any]])
    #expect(json.objects.count == 1 && hits.count == 1 && json.errors.isEmpty)
    #expect(hits[0]["key"] as? String == "k5" && hits[0]["distance"] as? Double == 2)
    #expect((hits[0]["metadata"] as? [String: Int]) == ["n": 5])
    #expect((json.objects[0]["provenance"] as? [String: Any])?["reason"] as? String == "exact")
    let file = try folder.write("q.jsonl", "{\"vector\":[1,1,0.5]}\n{\"key\":\"x\",\"vector\":[9,1,0.5]}\n")
    let many = try await MemvecProcess.run("query", folder.collection, "--queries", file, "-k", "1", "--json")
    #expect(many.objects.map { $0["query"] as? String } == ["0", "x"])
    let standard = try await MemvecProcess.run(
        "query", folder.collection, "--vector", "-", "-k", "1", input: "[0,\n1, 0.5]\n")
    #expect(standard.output.contains("\tk0\t"))
}

@Test("records are listed in pages, counted, changed and deleted")
func records() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(30)
    let first = try await MemvecProcess.run("list", folder.collection, "--limit", "12")
    let next = try #require(first.errors.split(separator: " ").last).trimmingCharacters(in: .newlines)
    let rest = try await MemvecProcess.run("list", folder.collection, "--after", next)
    let keys = (first.output + rest.output).split(separator: "\n").map(String.init)
    #expect(keys.count == 30 && Set(keys) == Set((0..<30).map { "k\($0)" }) && rest.errors.isEmpty)
    let changed = try await MemvecProcess.run("put", folder.collection, "k1", "--metadata", #"{"n": 99}"#)
    #expect(changed.output == "put the metadata of k1\n")
    let listed = try await MemvecProcess.run(
        "list", folder.collection, "--filter", #"{"n": {"$gt": 28}}"#, "--json", "--vectors")
    #expect(Set(listed.objects.compactMap { $0["key"] as? String }) == ["k1", "k29"])
    #expect(listed.objects.allSatisfy { ($0["vector"] as? [Double])?.count == 3 })
    let dry = try await MemvecProcess.run("delete", folder.collection, "--filter", #"{"n": 99}"#, "--dry-run")
    #expect(dry.output == "would delete 1 vector\n")
    let unasked = try await MemvecProcess.run("delete", folder.collection, "--filter", #"{"n": 99}"#)
    #expect(unasked.status == 2 && unasked.errors.contains("nothing was done. Say --yes"))
    let deleted = try await MemvecProcess.run("delete", folder.collection, "--filter", #"{"n": 99}"#, "--yes")
    #expect(deleted.output == "deleted 1 vector\n")
    let byKey = try await MemvecProcess.run("delete", folder.collection, "k1", "k2", "k3", "--json")
    #expect(byKey.objects.first?["deleted"] as? Int == 2)
    #expect(try await MemvecProcess.run("count", folder.collection, "--json").objects.first?["count"] as? Int == 27)
}

@Test("the end of a command is a number that scripts can rely on")
func exitCodes() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(5)
    let collection = folder.collection
    for (status, arguments) in [
        (0, ["--help"]), (0, ["help", "import"]), (0, ["--generate-completion-script", "bash"]), (0, []),
        (1, ["import", collection, folder.path + "/absent.jsonl"]),
        (1, ["put", collection, "k", "--vector", "[1,2]"]),
        (1, ["create", collection, "--dimension", "3"]),
        (2, ["nonsense"]), (2, ["query", collection]), (2, ["query", collection, "--nonsense"]),
        (2, ["query", collection, "--key", "k1", "-k", "0"]),
        (2, ["query", collection, "--key", "k1", "--filter", "{"]),
        (2, ["query", collection, "--vector", "[1,\"2\",3]"]),
        (2, ["create", folder.path + "/x", "--dimension", "3", "--recall", "7"]),
        (2, ["create", folder.path + "/x", "--dimension", "0"]),
        (2, ["create", folder.path + "/x", "--dimension", "3", "--metric", "hamming"]),
        (2, ["drop", collection]), (2, ["import", collection, "-", "--from", "-1"]),
        (4, ["count", folder.path + "/absent"]), (4, ["get", collection, "absent"]),
        (4, ["get", collection, "k1", "absent", "gone"]), (4, ["query", collection, "--key", "absent"]),
    ] as [(Int32, [String])] {
        let end = try await MemvecProcess.run(arguments)
        #expect(end.status == status, "memvec \(arguments.joined(separator: " ")): \(end.errors)")
        #expect(end.errors.hasPrefix("memvec: ") || status == 0, "\(arguments): \(end.errors)")
        #expect(!end.errors.contains("Error:"), "\(arguments): \(end.errors)")
    }
}

@Test("wrong usage is said with the value, what is allowed, and where help is")
func usageTexts() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(1)
    let setting = try await MemvecProcess.run("create", folder.path + "/x", "--dimension", "3", "--recall", "7")
    #expect(setting.errors.hasPrefix("memvec: --recall is 7; allowed: 0.5 to 0.9999\nUsage: memvec create"))
    let filter = try await MemvecProcess.run("count", folder.collection, "--filter", #"{"n": {"$gte": "a"}}"#)
    #expect(filter.errors.hasPrefix("memvec: ") && filter.errors.contains("$gte"), "\(filter.errors)")
    let vector = try await MemvecProcess.run("query", folder.collection, "--vector", #"[1,"2",3]"#)
    #expect(vector.errors.hasPrefix("memvec: --vector: element 1 is the string \"2\", not a number"))
}

@Test("help begins with examples", arguments: ["import", "query", "delete", "bench", "stats"])
func help(command: String) async throws {
    let text = try await MemvecProcess.run("help", command).output
    let examples = try #require(text.range(of: "\nmemvec \(command) "))
    let usage = try #require(text.range(of: "USAGE:"))
    #expect(examples.lowerBound < usage.lowerBound)
}

@Test("a collection is verified, backed up, restored, compacted, measured and dropped")
func upkeep() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(40)
    _ = try await MemvecProcess.run("delete", folder.collection, "k0", "k1")
    let verified = try await MemvecProcess.run("verify", folder.collection, "--json")
    #expect(verified.status == 0 && verified.objects.first?["rows"] as? Int == 38)
    #expect((verified.objects.first?["problems"] as? [String]) == [])
    let stats = try await MemvecProcess.run("stats", folder.collection, "--json")
    #expect(stats.objects.first?["rows"] as? Int == 38 && stats.objects.first?["dead"] as? Int == 2)
    #expect(((stats.objects.first?["bytes"] as? [String: Int])?["storeFile"] ?? 0) > 0)
    #expect(try await MemvecProcess.run("stats", folder.collection).output.hasPrefix("vectors        38 live, 2 dead"))
    let backup = folder.path + "/backup", restored = folder.path + "/restored"
    #expect(try await MemvecProcess.run("backup", folder.collection, backup).status == 0)
    #expect(try await MemvecProcess.run("restore", backup, restored).output == "38 vectors restored to \(restored)\n")
    #expect(try await MemvecProcess.run("restore", backup, restored).status == 1)
    let compacted = try await MemvecProcess.run("compact", restored, "--json")
    #expect(compacted.objects.first?["dead"] as? Int == 2, "\(compacted.errors)")
    #expect(try await MemvecProcess.run("verify", restored).status == 0)
    let dry = try await MemvecProcess.run("drop", restored, "--dry-run")
    #expect(dry.output.hasPrefix("would remove \(restored): 38 vectors, "))
    let dropped = try await MemvecProcess.run("drop", restored, "--yes", "--json")
    #expect(dropped.objects.first?["removed"] as? Bool == true)
    #expect(!FileManager.default.fileExists(atPath: restored))
}

@Test("evaluate measures queries of a file")
func measuring() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(30)
    let queries = try folder.write(
        "q.jsonl", (0..<6).map { "{\"vector\":[\(Double($0) + 0.1),1,0.5]}\n" }.joined())
    let evaluated = try await MemvecProcess.run(
        "evaluate", folder.collection, "--queries", queries, "-k", "3", "--json")
    #expect(evaluated.objects.first?["recall"] as? Double == 1 && evaluated.objects.first?["queries"] as? Int == 6)
    #expect((evaluated.objects.first?["p99Milliseconds"] as? Double ?? 0) > 0)
    let short = try folder.write("t.ivecs", "")
    let truth = try await MemvecProcess.run("evaluate", folder.collection, "--queries", queries, "--truth", short)
    #expect(truth.status == 2 && truth.errors.contains("holds the neighbours of 0 queries; there are 6"))
}

@Test("vectors are exported to files that import reads, and none is overwritten unasked", arguments: ["npy", "fvecs"])
func exporting(format: String) async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(10)
    let file = folder.path + "/out." + format, keys = folder.path + "/keys.jsonl"
    let end = try await MemvecProcess.run("export", folder.collection, file, "--keys", keys)
    #expect(end.output == "exported 10 vectors to \(file)\n")
    let again = try await MemvecProcess.run("export", folder.collection, file)
    #expect(again.status == 1 && again.errors.contains("File exists"))
    #expect(try await MemvecProcess.run("export", folder.collection, file, "--force").status == 0)
    let copy = folder.path + "/copy"
    _ = try await MemvecProcess.run("create", copy, "--dimension", "3", "--metric", "euclidean")
    #expect(try await MemvecProcess.run("import", copy, file).status == 0)
    let lines = try String(contentsOfFile: keys, encoding: .utf8).split(separator: "\n")
    let number = try #require(lines.firstIndex { $0.contains("\"k7\"") })
    let got = try await MemvecProcess.run("get", copy, "\(number)")
    #expect(got.objects.first?["vector"] as? [Double] == [7, 1, 0.5])
}

@Test("a second writer is refused with the process that writes, readers are not")
func secondWriter() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(3)
    let child = try RunningMemvec(["import", folder.collection, "-", "--batch", "1", "--json"])
    child.write(Lines.of(5..<7))
    await child.waitForLines(1)
    let second = try await MemvecProcess.run("delete", folder.collection, "k1")
    #expect(second.status == 1 && second.errors.contains("is open for writing in"))
    #expect(try await MemvecProcess.run("get", folder.collection, "k1").status == 0)
    child.closeInput()
    #expect(await child.end().status == 0)
}
