import Foundation
import Testing

@Test("an import says what it did, and what it put is there")
func importing() async throws {
    let folder = try TemporaryFolder()
    let created = try await MemvecProcess.run("create", folder.collection, "--dimension", "3")
    #expect(created.status == 0 && created.errors.isEmpty)
    #expect(created.output.hasSuffix("3 dimensions, cosine. Next: memvec import \(folder.collection) FILE\n"))
    let file = try folder.write("a.jsonl", Lines.of(0..<50))
    let end = try await MemvecProcess.run("import", folder.collection, file, "--batch", "20", "--json")
    #expect(end.status == 0 && end.errors.isEmpty)
    #expect(end.objects.map { $0["imported"] as? Int } == [20, 40, 50, 50])
    #expect(end.objects.last?["vectorsPerSecond"] is Double)
    #expect(try await MemvecProcess.run("count", folder.collection).output == "50\n")
    let exported = try await MemvecProcess.run("export", folder.collection)
    #expect(exported.errors == "memvec: exported 50 vectors\n")
    #expect(Set(exported.output.split(separator: "\n").map { $0.prefix(12) }).count == 50)
}

@Test("a broken line ends the import where it stands, and the command that is named goes on behind it")
func brokenLine() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(0)
    let lines = Lines.of(0..<25) + "{\"key\":\"k25\",\"vector\":[1,2]}\n" + Lines.of(26..<30)
    let file = try folder.write("a.jsonl", lines)
    let end = try await MemvecProcess.run("import", folder.collection, file, "--batch", "10")
    #expect(end.status == 1 && end.output.isEmpty)
    #expect(
        end.errors.hasPrefix(
            "memvec: \(file): record 25, line 26 (byte \(Lines.of(0..<25).utf8.count)): the vector has 2 values"))
    #expect(
        end.errors.hasSuffix(
            "25 vectors are imported; after mending go on with: memvec import \(folder.collection) \(file) --from 25\n")
    )
    #expect(try await MemvecProcess.run("count", folder.collection).output == "25\n")
    let rest = try await MemvecProcess.run("import", folder.collection, file, "--from", "26")
    #expect(rest.status == 0)
    #expect(try await MemvecProcess.run("count", folder.collection).output == "29\n")
}

@Test("a record that the collection does not take is found in its batch; all before it are put, none behind it")
func refusedRecord() async throws {
    let folder = try TemporaryFolder()
    _ = try await MemvecProcess.run("create", folder.collection, "--dimension", "3", "--metric", "cosine")
    for refused in [0, 1, 17, 31] {
        let lines = (0..<32).map { Lines.line($0, vector: $0 == refused ? "[0,0,0]" : nil) }.joined()
        let end = try await MemvecProcess.run("import", folder.collection, "-", "--batch", "32", input: lines)
        #expect(end.status == 1)
        #expect(
            end.errors.hasPrefix("memvec: record \(refused): vector for key \"k\(refused)\" has only zeros"),
            "\(end.errors)")
        #expect(end.errors.hasSuffix("--from \(refused)\n"))
        #expect(try await MemvecProcess.run("count", folder.collection).output == "\(refused)\n")
        let keys = (0..<refused).map { "k\($0)" }
        if refused > 0 { _ = try await MemvecProcess.run(["delete", folder.collection] + keys) }
    }
}

@Test("of a key that is in a file twice the last record wins, in one batch or in two")
func repeatedKeys() async throws {
    let folder = try TemporaryFolder()
    for batch in ["2", "100"] {
        try await folder.filled(0)
        let lines = Lines.line(1) + Lines.line(2) + Lines.line(1, vector: "[7,7,7]") + Lines.line(3)
        let end = try await MemvecProcess.run("import", folder.collection, "-", "--batch", batch, input: lines)
        #expect(end.status == 0, "\(end.errors)")
        let got = try await MemvecProcess.run("get", folder.collection, "k1", "k2", "k3")
        #expect(got.objects.map { $0["vector"] as? [Double] } == [[7, 7, 7], [2, 1, 0.5], [3, 1, 0.5]])
        _ = try await MemvecProcess.run("drop", folder.collection, "--yes")
    }
}

@Test("an interrupted import keeps what it has acknowledged and says how to go on", arguments: [SIGINT, SIGTERM])
func interrupted(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(0)
    let child = try RunningMemvec(["import", folder.collection, "-", "--batch", "5", "--json"])
    child.write(Lines.of(0..<12))
    // Two batches are acknowledged; the third waits for lines that do not come.
    await child.waitForLines(2)
    if signal == SIGINT { child.interrupt() } else { child.terminate() }
    let end = await child.end()
    #expect(end.status == 128 + signal)
    #expect(end.objects.last?["imported"] as? Int == 12)
    #expect(
        end.errors == "memvec: interrupted; 12 vectors are imported; go on with: "
            + "memvec import \(folder.collection) - --from 12\n")
    #expect(try await MemvecProcess.run("count", folder.collection).output == "12\n")
}

@Test("rows without keys are numbered, with a prefix if one is asked for")
func numbered() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(0)
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let bytes = [0, 3].flatMap { start in
        unsafe withUnsafeBytes(of: Int32(3)) { unsafe Array($0) }
            + values[start..<start + 3].flatMap { value in unsafe withUnsafeBytes(of: value) { unsafe Array($0) } }
    }
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/a.fvecs"))
    let end = try await MemvecProcess.run(
        "import", folder.collection, folder.path + "/a.fvecs", "--key-prefix", "v-", "--from", "1")
    #expect(end.status == 0)
    let got = try await MemvecProcess.run("get", folder.collection, "v-1")
    #expect(got.output == "{\"key\":\"v-1\",\"vector\":[4,5,6]}\n")
}
