import ChildProcesses
import Foundation
import Testing

private func line(_ number: Int, candidates: [String], vector: String? = nil) -> String {
    let keys = candidates.map { "\"\($0)\"" }.joined(separator: ",")
    return "{\"id\":\(number),\"vector\":\(vector ?? "[\(number % 150).25,1,0.5]"),\"candidates\":[\(keys)]}\n"
}

@Test("lines are put in order, with what is missing, what is refused and why")
func rerankLines() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let errors = folder.path + "/bad.jsonl"
    let input =
        line(3, candidates: ["k9", "k4", "nobody", "k3", "k4"]) + "\n" + #"{"id":"x","vector":[1]}"# + "\n"
        + "not JSON\n"
        + #"{"vector_base64":"AADAQAAAgD8AAAA/","candidates":[{"key":"k5"},{"key":"k\u0037","score":2}],"k":1}"#
    let end = try await MemvecProcess.run("rerank", folder.collection, "--errors", errors, input: input)
    #expect(end.status == 5, "\(end.errors)")
    #expect(
        end.output == """
            {"id":3,"hits":[{"key":"k3","distance":0.25},{"key":"k4","distance":0.75},{"key":"k9","distance":5.75}],\
            "missing":["nobody"]}
            {"hits":[{"key":"k5","distance":1}],"missing":[]}

            """)
    let refused = try String(contentsOfFile: errors, encoding: .utf8)
    #expect(refused.hasPrefix(#"{"line":3,"error":"the query vector has 1 values; this collection holds 3"#))
    #expect(refused.contains(#"{"line":4,"error":"the line is not JSON"#))
    #expect(
        end.errors.hasPrefix("2 lines in ") && end.errors.contains("7 candidates, 1 of them missing, 2 lines refused"))
    let stopped = try await MemvecProcess.run("rerank", folder.collection, input: "\n\n{}\n")
    #expect(stopped.status == 1 && stopped.output.isEmpty)
    #expect(stopped.errors.hasPrefix("memvec: line 3: give one of vector, vector_base64 and text; the line has none"))
    for wrong in [
        ["--fuse", "best"], ["--mmr", "1.5"], ["--mmr", "0.5", "--fuse", "rrf"], ["--checkpoint", "c"], ["-k", "0"],
        ["--ram-budget", "much"],
    ] {
        #expect(try await MemvecProcess.run(["rerank", folder.collection] + wrong).status == 2)
    }
}

@Test("files that are cut or replaced while others are read are different ones")
func rerankFiles() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let text = line(3, candidates: ["k4", "k3"])
    let same = try folder.write("same.jsonl", text), link = folder.path + "/link", new = folder.path + "/new"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: same)
    let hard = folder.path + "/hard"
    try FileManager.default.linkItem(atPath: same, toPath: hard)
    for (options, names) in [
        (["--output", same], ["the input", "--output"]),
        (["--output", link], ["the input", "--output"]),
        (["--output", hard], ["the input", "--output"]),
        (["--output", folder.path + "/./same.jsonl"], ["the input", "--output"]),
        (["--errors", same], ["the input", "--errors"]),
        (["--output", new, "--checkpoint", same], ["the input", "--checkpoint"]),
        // There is nothing yet.
        (["--output", new, "--checkpoint", folder.path + "/./new"], ["--output", "--checkpoint"]),
        (["--output", new, "--errors", new], ["--output", "--errors"]),
        (["--output", new, "--errors", link + "2", "--checkpoint", link + "2"], ["--errors", "--checkpoint"]),
    ] {
        let end = try await MemvecProcess.run(["rerank", folder.collection, same] + options)
        #expect(end.status == 2, "\(options): \(end.errors)")
        #expect(end.errors.contains("\(names[0]) and \(names[1]) are the same file"), "\(options): \(end.errors)")
        #expect(try String(contentsOfFile: same, encoding: .utf8) == text)
        #expect(!FileManager.default.fileExists(atPath: new))
    }
    let nowhere = try await MemvecProcess.run(
        "rerank", folder.collection, same, "--output", "/dev/null", "--errors", "/dev/null")
    #expect(nowhere.status == 0, "\(nowhere.errors)")
}

@Test("a checkpoint is of the options that decide the output, and refused lines count as memory")
func rerankCheckpoints() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let output = folder.path + "/out.jsonl", state = folder.path + "/state"
    let input = folder.path + "/in.jsonl"
    try (#"{"vector":[3,1,0.5],"k":2}"# + "\n").write(toFile: input, atomically: true, encoding: .utf8)
    let command = ["rerank", folder.collection, input, "--output", output, "--checkpoint", state]
    #expect(try await MemvecProcess.run(command).status == 0)
    for other in [
        ["--exact"], ["--recall", "0.9"], ["--filter", "{}"], ["--policy", "off"], ["--embedder", "hash"],
    ] {
        let end = try await MemvecProcess.run(command + other)
        #expect(end.status == 2 && end.errors.contains("is of another command"), "\(other): \(end.errors)")
    }
    #expect(try await MemvecProcess.run(command).errors.contains("are done"))

    // The reasons alone are more than is held at once.
    let errors = folder.path + "/bad.jsonl"
    let bad = String(repeating: #"{"vector":[1],"candidates":["a"]}"# + "\n", count: 20_000)
    let end = try await MemvecProcess.run(
        "rerank", folder.collection, "--errors", errors, "--ram-budget", "1MiB", "--json", input: bad)
    #expect(end.status == 5 && end.errors.contains(#""refused":20000"#), "\(end.errors)")
    let chunks = end.errors.split(separator: "\"chunks\":").last.flatMap { Int($0.prefix { $0.isNumber }) }
    #expect((chunks ?? 0) > 1, "\(end.errors)")
}

@Test("a checkpoint is of its input and its outputs, and its numbers are possible ones")
func rerankCheckpointsOfOthers() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let output = folder.path + "/out.jsonl", other = folder.path + "/other.jsonl", state = folder.path + "/state"
    let lines = [line(3, candidates: ["k4", "k3"]), line(4, candidates: ["k4", "k3"])]
    let input = try folder.write("in.jsonl", lines.joined())
    let command = ["rerank", folder.collection, input, "--output", output, "--checkpoint", state]
    #expect(try await MemvecProcess.run(command).status == 0)
    let kept = try String(contentsOfFile: state, encoding: .utf8)
    let written = try String(contentsOfFile: output, encoding: .utf8)

    // As a kill leaves it that comes behind the last line.
    let unfinished = kept.replacingOccurrences(of: "\"isFinished\":true", with: "\"isFinished\":false")
    #expect(unfinished != kept)
    let elsewhere = ["rerank", folder.collection, input, "--output", other, "--checkpoint", state]
    for text in [kept, unfinished] {
        _ = try folder.write("state", text)
        _ = try folder.write("in.jsonl", lines.reversed().joined())
        let end = try await MemvecProcess.run(command)
        #expect(end.status == 2 && end.errors.contains("is of another input"), "\(end.errors)")
        _ = try folder.write("in.jsonl", lines.joined())
        let away = try await MemvecProcess.run(elsewhere)
        #expect(away.status == 2 && away.errors.contains("is of another output (\(output))"), "\(away.errors)")
        #expect(!FileManager.default.fileExists(atPath: other))
        #expect(try await MemvecProcess.run(command).status == 0)
    }
    for (name, value, wrong) in [
        ("lineCount", "2", "9223372036854775807"), ("lineCount", "2", "-1"), ("errorBytes", "0", "9007199254740993"),
        ("refusedCount", "0", "-9223372036854775808"), ("version", "2", "1"),
    ] {
        let text = unfinished.replacingOccurrences(of: "\"\(name)\":\(value)", with: "\"\(name)\":\(wrong)")
        #expect(text != unfinished)
        _ = try folder.write("state", text)
        let end = try await MemvecProcess.run(command)
        #expect(end.status == 2 && end.errors.contains("is no checkpoint of this memvec"), "\(name): \(end.errors)")
    }
    #expect(try String(contentsOfFile: output, encoding: .utf8) == written)
}

@Test("fusion, diversity, searches and texts are what they are in the library")
func rerankWays() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(20)
    let scored = #"{"vector":[3,1,0.5],"candidates":[{"key":"k3","score":1},{"key":"k9","score":5},{"key":"k4"}]}"#
    let fused = try await MemvecProcess.run("rerank", folder.collection, "--fuse", "rrf", input: scored)
    #expect(fused.output.contains(#"{"key":"k3","distance":0,"score":0.032522473},{"key":"k9""#), "\(fused.output)")
    let near = #"{"vector":[3,1,0.5],"candidates":["k3","k4","k5","k9"]}"#
    let diverse = try await MemvecProcess.run("rerank", folder.collection, "--mmr", "0.5", "-k", "2", input: near)
    #expect(diverse.output.contains(#"[{"key":"k3","distance":0},{"key":"k4","distance":1}]"#), "\(diverse.output)")
    let search = #"{"vector":[3,1,0.5],"k":2}"#
    let json = try await MemvecProcess.run("rerank", folder.collection, "--json", input: search)
    #expect(json.output.contains(#""hits":[{"key":"k3","distance":0},{"key":"k2","distance":1}]"#), "\(json.output)")
    #expect(json.errors.contains("\"searches\":1"))
    let text = try await MemvecProcess.run("rerank", folder.collection, input: #"{"text":"words","candidates":["k1"]}"#)
    #expect(text.status == 1 && text.errors.contains("embedder"), "\(text.errors)")
}

/// Input that takes several parts at the least memory, with lines that are refused here and there.
private func manyLines(_ count: Int) -> String {
    (0..<count).map { number in
        number % 997 == 5
            ? "{\"id\":\(number)}\n"
            : line(number, candidates: (0..<4).map { "k\((number * 7 + $0 * 31) % 170)" })
    }.joined()
}

@Test("a run that is killed goes on where it was, and its bytes are those of a run that was not")
func rerankKilled() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(150)
    let input = try folder.write("lines.jsonl", manyLines(8000))
    func arguments(_ name: String) -> [String] {
        [
            "rerank", folder.collection, input, "--ram-budget", "1MiB", "--output", "\(folder.path)/\(name)",
            "--errors", "\(folder.path)/\(name).bad", "--checkpoint", "\(folder.path)/\(name).state",
        ]
    }
    let whole = try await MemvecProcess.run(arguments("whole"))
    #expect(whole.status == 5, "\(whole.errors)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/whole"))
    let bad = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/whole.bad"))
    #expect(bytes.count { $0 == 0x0A } == 7991 && bad.count { $0 == 0x0A } == 9)
    // The kernel kills it as soon as its file has so many bytes, in the midst of a write.
    for share in [6, 3, 2] {
        let limit = bytes.count / 512 / share
        let command = "ulimit -c 0; ulimit -f \(limit); exec \"$0\" \"$@\""
        let child = try SpawnedProcess("/bin/sh", ["-c", command, MemvecProcess.executable] + arguments("killed"))
        let end = await child.end()
        #expect(end.signal == SIGXFSZ || end.status == 1, "\(end)")
        let size = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/killed")).count
        #expect(size > 0 && size <= 512 * limit)
    }
    let last = try await MemvecProcess.run(arguments("killed"))
    #expect(last.status == 5, "\(last.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/killed")) == bytes)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/killed.bad")) == bad)
    let again = try await MemvecProcess.run(arguments("killed"))
    #expect(again.status == 5 && again.errors.contains("all 8,000 lines are done") && again.output.isEmpty)
    let told = try await MemvecProcess.run(arguments("killed") + ["--json"])
    #expect(told.status == 5 && told.objects.count == 1, "\(told.output)")
    #expect(told.objects.first?["lines"] as? Int == 8000 && told.objects.first?["refused"] as? Int == 9)
    #expect(told.objects.first?["finished"] as? Bool == true)
    let other = try await MemvecProcess.run(arguments("killed") + ["-k", "2"])
    #expect(other.status == 2 && other.errors.contains("of another command"))
}

@Test("without an order the lines are the same")
func rerankUnordered() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(150)
    let input = manyLines(990)
    let ordered = try await MemvecProcess.run("rerank", folder.collection, "--errors", "/dev/null", input: input)
    let unordered = try await MemvecProcess.run(
        "rerank", folder.collection, "--unordered", "--ram-budget", "1MiB", "--errors", "/dev/null", input: input)
    #expect(ordered.output.split(separator: "\n").sorted() == unordered.output.split(separator: "\n").sorted())
}
