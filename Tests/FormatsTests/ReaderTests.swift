import Foundation
import Testing
import Vectors

@testable import Formats

private final class Scratch {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("memvec-" + UUID().uuidString)
    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return url.path
    }
}

private func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
private func fvecs(_ rows: [[Float]]) -> [UInt8] {
    rows.flatMap { row in little(UInt32(row.count)) + row.flatMap { little($0.bitPattern) } }
}

private func all(_ reader: any VectorFileReader, by limit: Int) throws -> [[Float]] {
    var rows: [[Float]] = []
    while let batch = try reader.next(limit) {
        #expect(batch.firstRecord == rows.count)
        for i in 0..<batch.count { rows.append(Array(batch.vector(i))) }
    }
    return rows
}

private let matrix: [[Float]] = (0..<100).map { i in [Float(i), -0.5 * Float(i), 1e-20] }

@Test("each format gives back its rows in any batch size, and skips to where it is told", arguments: [1, 7, 1000])
func formats(limit: Int) throws {
    let scratch = try Scratch()
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (100, 3), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let npy: [UInt8] =
        [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
        + matrix.flatMap { $0.flatMap { little($0.bitPattern) } }
    let lines = matrix.enumerated().map { i, row in
        #"{"key":"k\#(i)","vector":[\#(row[0]),\#(row[1]),\#(row[2])],"metadata":{"n":\#(i)}}"#
    }.joined(separator: "\n\n")
    let files = [
        try scratch.file("a.fvecs", fvecs(matrix)), try scratch.file("a.npy", npy),
        try scratch.file("a.jsonl", Array(lines.utf8)),
    ]
    for file in files {
        #expect(try all(VectorFile.open(file), by: limit) == matrix, "\(file)")
        let reader = try VectorFile.open(file)
        try reader.skip(97)
        let rest = try #require(try reader.next(1000))
        #expect(rest.count == 3 && Array(rest.vector(0)) == matrix[97] && rest.firstRecord == 97, "\(file)")
        #expect(try reader.next(1) == nil)
    }
    let bytes = try scratch.file("a.bvecs", little(2) + [7, 255] + little(2) + [0, 1])
    #expect(try all(VectorFile.open(bytes), by: limit) == [[7, 255], [0, 1]])
    let record = try #require(try VectorFile.open(files[2]).next(2))
    #expect(record.keys == (limit > 0 ? ["k0", "k1"] : []) && record.metadata?[1]["n"] == .integer(1))
}

@Test("a broken record says where it is, and what came before it is delivered")
func broken() throws {
    let scratch = try Scratch()
    let whole = fvecs(matrix)
    let cut = try VectorFile.open(scratch.file("cut.fvecs", Array(whole[..<(whole.count - 3)])))
    let first = try #require(try cut.next(99))
    #expect(first.count == 99)
    #expect(
        throws: FormatError(
            file: scratch.folder.path + "/cut.fvecs", record: 99, byteOffset: 99 * 16,
            why: "the file ends within the record; 99 whole records come before it")
    ) { try cut.next(1) }
    let other = try VectorFile.open(scratch.file("other.fvecs", fvecs([[1, 2], [1, 2, 3]])))
    #expect(throws: FormatError.self) { try other.next(2) }
    for text in ["{", "[]", #"{"key":1,"vector":[1]}"#, #"{"key":"a","vector":[1,"2"]}"#, #"{"key":"a"}"#] {
        let lines = #"{"key":"ok","vector":[1]}"# + "\n" + text + "\n"
        let reader = try VectorFile.open(scratch.file("x.jsonl", Array(lines.utf8)))
        #expect(try reader.next(10)?.keys == ["ok"])
        do {
            _ = try reader.next(10)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.record == 2 && error.unit == "line", "\(error)")
        }
    }
    #expect(throws: FormatError.self) { try VectorFile.open(scratch.folder.path + "/absent.fvecs") }
    #expect(throws: FormatError.self) { try VectorFile.open(try scratch.file("x.csv", [])) }
}

@Test("mutated files are read or refused, never a crash")
func mutated() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func draw(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
    let scratch = try Scratch()
    let sources: [(String, [UInt8])] = [
        ("m.fvecs", fvecs(matrix)), ("m.bvecs", little(3) + [1, 2, 3]),
        (
            "m.npy",
            [0x93] + Array("NUMPY".utf8) + [1, 0, 60, 0]
                + Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ".utf8)
                + [UInt8](repeating: 1, count: 24)
        ),
        ("m.jsonl", Array(#"{"key":"a","vector":[1,2.5,-3e7],"metadata":{"t":["x","y"]}}"#.utf8)),
    ]
    for round in 0..<400 {
        var (name, bytes) = sources[round % sources.count]
        for _ in 0...draw(4) where !bytes.isEmpty { bytes[draw(bytes.count)] = UInt8(draw(256)) }
        if draw(3) == 0 { bytes.removeLast(draw(bytes.count)) }
        let file = try scratch.file(name, bytes)
        do {
            let reader = try VectorFile.open(file)
            while let batch = try reader.next(10) {
                #expect(batch.values.count == batch.count * batch.dimension, "seed \(seed) round \(round)")
            }
        } catch {
            #expect("\(error)".isEmpty == false, "seed \(seed) round \(round)")
        }
    }
}
