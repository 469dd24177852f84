import Formats
import Foundation
import Testing
import Vectors

private let folder = FileManager.default.temporaryDirectory.path + "/memvec-writers-" + UUID().uuidString

private func fresh(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder + "/" + UUID().uuidString + name
}

@Test("what is written is read again to the bit", arguments: [FileFormat.jsonl, .npy, .fvecs], Seed.quick)
func roundTrip(format: FileFormat, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let path = try fresh(".\(format)")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let writer = try VectorFileWriter(path: path, dimension: 7)
    var written: [Float] = []
    for number in 0..<Seed.steps(3000) {
        let vector = (0..<7).map { _ in
            var value = Float.nan
            while !value.isFinite { value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random)) }
            return value
        }
        written += vector
        try writer.append(
            key: VectorKey("k\"\(number)"), values: vector, metadata: Metadata(json: #"{"n":\#(number),"s":"ü\n"}"#))
    }
    #expect(!FileManager.default.fileExists(atPath: path), "a file has its name only when it is whole")
    try writer.finish()
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    let reader = try VectorFileReader(path: path)
    var values: [Float] = [], keys: [String] = [], metadata: [String] = []
    while let batch = try reader.next(atMost: 999) {
        values += batch.values
        keys += (batch.keys ?? []).map(\.text)
        metadata += (batch.metadata ?? []).map(\.json)
    }
    #expect(values.map(\.bitPattern) == written.map(\.bitPattern), "MEMVEC_SEED=\(seed) repeats this")
    if format == .jsonl {
        #expect(keys == (0..<writer.count).map { "k\"\($0)" })
        #expect(metadata.last == #"{"n":\#(writer.count - 1),"s":"ü\n"}"#)
    }
}

@Test("an empty array has a head that says so, of 128 bytes as NumPy writes it")
func emptyArray() throws {
    let path = try fresh(".npy")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try VectorFileWriter(path: path, dimension: 3).finish()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(bytes.count == 128 && bytes.last == 0x0A)
    #expect(
        String(decoding: bytes[10...], as: UTF8.self).hasPrefix(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }  "))
    let reader = try VectorFileReader(path: path)
    #expect(reader.dimension == 3)
    #expect(try reader.next(atMost: 1) == nil)
}

@Test("a writer that does not finish leaves nothing, and what was there stays")
func unfinished() throws {
    let path = try fresh(".fvecs")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data([1, 2]).write(to: URL(fileURLWithPath: path))
    do {
        let writer = try VectorFileWriter(path: path, dimension: 1, mayOverwrite: true)
        try writer.append(key: VectorKey("a"), values: [1])
        #expect(FileManager.default.fileExists(atPath: path + ".part"))
    }
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2]))
    #expect(throws: FormatError(file: path, .file(operation: "create", errno: EEXIST))) {
        try VectorFileWriter(path: path, dimension: 1)
    }
}

@Test("what a format or place cannot hold is refused before anything is written")
func refusedWrites() throws {
    for (path, format) in [("a.bvecs", nil), ("a.txt", nil), ("-", FileFormat.npy)] as [(String, FileFormat?)] {
        do throws(FormatError) {
            _ = try VectorFileWriter(path: path, format: format, dimension: 3)
            Issue.record("\(path) was opened")
        } catch {
            #expect(error.code == "cannot_write")
        }
    }
    #expect(throws: FormatError(file: "/nowhere/a.npy.part", .file(operation: "create", errno: ENOENT))) {
        try VectorFileWriter(path: "/nowhere/a.npy", dimension: 3)
    }
    let path = try fresh(".jsonl")
    let writer = try VectorFileWriter(path: path, dimension: 3)
    #expect(throws: FormatError.self) { try writer.append(key: VectorKey("a"), values: [1]) }
}

@Test("a full disk is an error, not a lost record")
func fullDisk() throws {
    let writer = try VectorFileWriter(path: "/dev/full", format: .fvecs, dimension: 1, mayOverwrite: true)
    #expect(throws: FormatError.self) {
        try writer.append(key: VectorKey("a"), values: [1])
        try writer.finish()
    }
}
