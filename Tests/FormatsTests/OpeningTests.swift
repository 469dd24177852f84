import Formats
import Foundation
import Testing

@Test("a format is known by its name, or by its first bytes, or is asked for")
func knownFormats() throws {
    let line = Array("\n {\"key\":\"a\",\"vector\":[1]}".utf8)
    for name in ["a.NDJSON", "a.txt"] {
        let file = try SampleFile(name, line)
        #expect(try VectorFileReader(path: file.path).format == .jsonl)
    }
    #expect(FileFormat(path: "-") == .jsonl)
    #expect(FileFormat(path: "a.b/base") == nil && FileFormat(path: "npy") == .npy)
    var options = ReadingOptions()
    options.format = .fvecs
    let file = try SampleFile("a.bin", Bytes.fvecs([[1]]))
    #expect(try VectorFileReader(path: file.path, options: options).format == .fvecs)
}

@Test(
    "what cannot be read is refused with the way to read it",
    arguments: [
        ("a.parquet", "tools/import-parquet"), ("a.jsonl.gz", "gunzip --stdout"), ("a.bin", "--format"),
    ])
func unknownFormats(name: String, advice: String) throws {
    let error = try SampleFile(name, [1, 2, 3]).read().error
    #expect(error?.code == "unknown_format")
    #expect(error?.description.contains(advice) == true)
}

@Test("a file that is not there, or is a folder, is an error with the system's text")
func unopened() throws {
    let file = try SampleFile("a.fvecs", [])
    #expect(throws: FormatError(file: file.path + "x.npy", .file(operation: "open", errno: ENOENT))) {
        try VectorFileReader(path: file.path + "x.npy")
    }
    let folder = URL(fileURLWithPath: file.path).deletingLastPathComponent().path
    var options = ReadingOptions()
    options.format = .fvecs
    do throws(FormatError) {
        _ = try VectorFileReader(path: folder, options: options)
        Issue.record("a folder was opened")
    } catch {
        #expect(error.problem == .file(operation: "read", errno: EISDIR))
        #expect(error.description.hasSuffix("read failed: Is a directory (errno 21)"))
    }
}

@Test("a pipe is read as a file is, in pieces as they come")
func pipe() throws {
    let file = try SampleFile("x", [])
    let path = file.path + ".fvecs"
    unsafe #expect(mkfifo(path, 0o600) == 0)
    let bytes = Bytes.fvecs((0..<500).map { [Float($0), 0.5] })
    let writer = Thread {
        guard let pipe = FileHandle(forWritingAtPath: path) else { return }
        for start in stride(from: 0, to: bytes.count, by: 7) {
            try? pipe.write(contentsOf: Data(bytes[start..<min(start + 7, bytes.count)]))
        }
        try? pipe.close()
    }
    writer.start()
    var options = ReadingOptions()
    options.from = 3
    let reader = try VectorFileReader(path: path, options: options)
    #expect(reader.recordCount == nil && reader.position.record == 3)
    var first: [Float] = []
    while let batch = try reader.next(atMost: 50) { first += (0..<batch.count).map { batch.values[2 * $0] } }
    #expect(first == (3..<500).map { Float($0) })
}

@Test("the wait for a silent pipe ends when it is told to, with the place to go on at")
func silentPipe() throws {
    let file = try SampleFile("x", [])
    let path = file.path + ".jsonl"
    unsafe #expect(mkfifo(path, 0o600) == 0)
    // Open both ways, so that neither side waits for the other and the pipe never ends.
    let pipe = try #require(FileHandle(forUpdatingAtPath: path))
    try pipe.write(contentsOf: Data("{\"key\":\"a\",\"vector\":[1]}\n".utf8))
    var options = ReadingOptions()
    options.isCancelled = { true }
    let reader = try VectorFileReader(path: path, options: options)
    #expect(try reader.next(atMost: 5)?.count == 1)
    do throws(FormatError) {
        _ = try reader.next(atMost: 5)
        Issue.record("the pipe ended")
    } catch {
        #expect(error.problem == .interrupted)
    }
    try pipe.close()
}
