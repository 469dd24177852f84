import Formats
import Foundation
import Testing
import Vectors

@Suite("Vectors of one file, keys of another")
struct KeyedTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/memvec-keyed-" + UUID().uuidString

    private func files(_ count: Int, lines: [String]) throws -> (vectors: String, keys: String) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let vectors = folder + "/v.fvecs", keys = folder + "/k.jsonl"
        try? FileManager.default.removeItem(atPath: vectors)
        let writer = try VectorFileWriter(path: vectors, dimension: 2)
        for n in 0..<count { try writer.append(key: VectorKey("x"), values: [Float(n), 1], metadata: Metadata()) }
        try writer.finish()
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: keys))
        return (vectors, keys)
    }

    private func read(_ count: Int, lines: [String], from: Int = 0, batch: Int = 3) throws -> ([String], FormatError?) {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (vectors, keys) = try files(count, lines: lines)
        var options = ReadingOptions()
        options.keysPath = keys
        options.from = from
        var found: [String] = []
        do {
            let reader = try VectorFileReader(path: vectors, options: options)
            while let batch = try reader.next(atMost: batch) {
                for i in 0..<batch.count {
                    let key = try batch.key(at: i).text, metadata = batch.metadata?[i].json ?? "none"
                    found.append("\(key) \(batch.vector(at: i).first ?? -1) \(metadata)")
                }
                #expect(batch.position.record == from + found.count)
            }
        } catch let error as FormatError { return (found, error) }
        return (found, nil)
    }

    private func line(_ n: Int) -> String { #"{"key":"k\#(n)","metadata":{"n":\#(n)}}"# }
    private func joined(_ range: Range<Int>) -> [String] { range.map { "k\($0) \(Float($0)) {\"n\":\($0)}" } }

    @Test("line n belongs to vector n, from wherever reading begins", arguments: [0, 1, 4, 7])
    func join(from: Int) throws {
        let (found, error) = try read(7, lines: (0..<7).map(line), from: from)
        #expect(found == joined(from..<7) && error == nil)
    }

    @Test("a file that ends before the other is an error behind what both have", arguments: [5, 6, 8])
    func lengths(lines: Int) throws {
        let (found, error) = try read(7, lines: (0..<lines).map(line))
        #expect(found == joined(0..<min(7, lines)))
        #expect(error?.code == "refused" && error?.description.contains(lines < 7 ? "no line" : "no vector") == true)
    }

    @Test("a line that is wrong is named, after all before it")
    func wrongLine() throws {
        for (wrong, code) in [
            ("{", "not_json"), (#"{"key":"a","vector":[1,2]}"#, "wrong_field"), ("{}", "missing_field"),
        ] {
            let (found, error) = try read(7, lines: (0..<4).map(line) + [wrong, line(5), line(6)])
            #expect(found == joined(0..<4))
            #expect(error?.code == code && error?.place?.record == 4 && error?.file.hasSuffix("k.jsonl") == true)
        }
    }

    @Test("the keys of a file are read in their order")
    func keysAlone() throws {
        let (_, keys) = try files(1, lines: (0..<5).map(line))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try KeyFile.read(keys).map(\.text) == (0..<5).map { "k\($0)" })
    }

    @Test("a file that has keys of its own takes no others")
    func twice() throws {
        let (_, keys) = try files(1, lines: [line(0)])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = ReadingOptions()
        options.keysPath = keys
        #expect(throws: FormatError.self) { try VectorFileReader(path: keys, options: options) }
    }
}
