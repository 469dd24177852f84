import Foundation
import Storage
import Testing
import Vectors

@testable import Index

@Suite("Indexes that a program registers")
struct CodeSnapshotTests {
    private let dimension = 7
    private let values = (0..<700).map { Float(sin(Double($0 * $0))) }

    private func index(training: UInt32 = 3) throws -> (index: FlatIndex, rows: [Row], codes: RowCodes, live: LiveRows)
    {
        let index = FlatIndex(dimension: dimension, training: training), live = try LiveRows()
        let rows = (0..<100).map { Row(UInt32(3 * $0)) }
        let prepared = Preparation(dimension: dimension, metric: .euclidean).prepare(values)
        let codes = try index.encode(prepared, threadCount: 1)
        try index.add(rows, codes)
        for row in rows { try live.set(row, live: true) }
        return (index, rows, codes, live)
    }

    private func register(_ name: String) {
        CandidateIndexes.register(name) { (dimension: Int, training: UInt32) throws(IndexError) in
            FlatIndex(dimension: dimension, training: training)
        }
    }

    @Test("are made by their name, and filled from their snapshot")
    func snapshot() throws {
        register("codes-of-a-test")
        #expect(try IndexForm(factory: "codes-of-a-test", dimension: 7) == .registered(name: "codes-of-a-test"))
        let empty = try IndexForm.registered(name: "codes-of-a-test").untrained(dimension: 7, training: 9)
        #expect(empty?.training == 9 && empty?.rowCount == 0)
        let (index, rows, codes, live) = try index()
        let folder = try TemporaryFolder(), path = folder.path + "/1.faiss"
        let info = try CodeSnapshot.write(
            to: path, name: "codes-of-a-test", dimension: dimension, rows: rows, codes: codes)
        #expect(info.rowCount == 100 && info.files.count == 2 && info.factory == "codes-of-a-test")
        let again = try IndexFile.open(path, training: 3, dimension: dimension, gate: EpochGate())
        #expect(try again.rowsHeld() == index.rowsHeld())
        let query = Preparation(dimension: dimension, metric: .euclidean).prepare(Array(values[21..<28]))
        let wanted = try index.candidates(for: query, count: 20, nprobe: 1, among: nil, live: live)
        #expect(try again.candidates(for: query, count: 20, nprobe: 1, among: nil, live: live) == wanted)
        #expect(wanted.first?.row == Row(9))
    }

    @Test("that nobody registers are named, and a snapshot that was changed is not used")
    func refused() throws {
        register("codes-of-another-test")
        let (_, rows, codes, _) = try index()
        let folder = try TemporaryFolder(), path = folder.path + "/1.faiss"
        func code(training: UInt32 = 3, dimension: Int = 7) -> String {
            do throws(IndexError) {
                _ = try IndexFile.open(path, training: training, dimension: dimension, gate: EpochGate())
                return "opened"
            } catch { return error.code }
        }
        _ = try CodeSnapshot.write(to: path, name: "nobodys", dimension: dimension, rows: rows, codes: codes)
        #expect(code() == "factory")
        #expect(throws: IndexError.self) { _ = try IndexForm(factory: "nobodys", dimension: 7) }
        _ = try CodeSnapshot.write(
            to: path, name: "codes-of-another-test", dimension: dimension, rows: rows, codes: codes)
        #expect(code() == "opened")
        #expect(code(training: 4) == "damaged_snapshot" && code(dimension: 8) == "damaged_snapshot")
        let whole = try #require(try Files.read(path))
        for position in [0, 9, whole.count / 2, whole.count - 1] {
            var bytes = whole
            bytes[position] ^= 1
            try Data(bytes).write(to: URL(filePath: path))
            #expect(code() == "damaged_snapshot", "byte \(position)")
        }
        try Data(whole.dropLast()).write(to: URL(filePath: path))
        #expect(code() == "damaged_snapshot")
    }
}
