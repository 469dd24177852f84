import Storage
import Testing
import Vectors

@testable import Index

@Suite struct SnapshotTests {
    private func open(_ path: String, _ world: IndexFixture) throws -> IVFPQIndex {
        try IVFPQIndex.open(path, training: 7, dimension: world.dimension, gate: world.gate)
    }

    @Test("a snapshot reopens with the same candidates to the last bit, and the same error bytes", arguments: [13, 32])
    func roundTrip(d: Int) throws {
        let vectors = clustered(1_500, d)
        let world = try IndexFixture(vectors, d, lists: 8, bytes: 8)
        for n in stride(from: 0, to: 1_500, by: 7) { try world.live.set(Row(UInt32(n)), live: false) }
        let folder = try TemporaryFolder()
        let info = try world.index.write(to: folder.path + "/1.faiss", live: world.live)
        #expect(info.rowCount == 1_285 && info.files.map(\.name) == ["1.faiss", "1.faiss.side"])
        #expect(Files.names(in: folder.path) == ["1.faiss", "1.faiss.side"])
        for file in info.files { #expect(try Files.byteCount(folder.path + "/" + file.name) == file.byteCount) }
        let again = try open(folder.path + "/1.faiss", world)
        #expect(again.rowCount == 1_285 && again.factory == "IVF8,PQ8")
        for q in 0..<10 {
            let query = world.prepared(vectors, q)
            let before = try world.candidates(query, 100, nprobe: 3)
            #expect(try again.candidates(for: query, count: 100, nprobe: 3, live: world.live) == before)
        }
        var errors: [Row: UInt8] = [:], reread: [Row: UInt8] = [:]
        world.index.forEachRow { row, error in if world.live.contains(row) { errors[row] = error } }
        again.forEachRow { row, error in reread[row] = error }
        #expect(errors == reread)
        let row = world.prepared(vectors, 3)
        #expect(try again.encode(row, threadCount: 1) == world.index.encode(row, threadCount: 1))
    }

    @Test("a second snapshot over the first is whole, and rows can be added to what was opened")
    func again() throws {
        let d = 16, vectors = clustered(800, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        let folder = try TemporaryFolder()
        let path = folder.path + "/2.faiss"
        try world.index.write(to: path, live: world.live)
        try world.index.write(to: path, live: world.live)
        let again = try open(path, world)
        try again.add([Row(800)], again.encode(world.prepared(vectors, 5), threadCount: 1))
        try world.live.set(Row(800), live: true)
        #expect(try again.write(to: path, live: world.live).rowCount == 801)
        #expect(try PlainFAISS(path).count == 801)
    }

    @Test("a cut, garbled, missing or foreign snapshot is refused with a typed error, whatever byte is wrong")
    func damage() throws {
        let d = 13, vectors = clustered(700, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        try world.index.write(to: path, live: world.live)
        func expectRefused(_ what: String) {
            #expect(throws: IndexError.self, "\(what)") { try open(path, world) }
        }
        for name in [path, path + ".side"] {
            let bytes = try #require(try Files.read(name))
            for length in [0, 3, 8, 40, 63, 64, bytes.count / 2, bytes.count - 1] {
                try Files.writeAtomically(Array(bytes[..<length]), to: name)
                expectRefused("\(name) cut to \(length)")
            }
            for at in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 60)) {
                var wrong = bytes
                wrong[at] ^= 0x41
                try Files.writeAtomically(wrong, to: name)
                expectRefused("byte \(at) of \(name)")
            }
            try Files.writeAtomically(bytes + [0], to: name)
            expectRefused("\(name) with a byte more")
            try Files.remove(name)
            expectRefused("\(name) gone")
            try Files.writeAtomically(bytes, to: name)
        }
        #expect(try open(path, world).rowCount == 700)
        let other = EpochGate()
        #expect(throws: IndexError.self) { try IVFPQIndex.open(path, training: 8, dimension: d, gate: other) }
        #expect(throws: IndexError.self) { try IVFPQIndex.open(path, training: 7, dimension: 12, gate: other) }
    }

    @Test("a snapshot whose checksums are right but whose insides are not is refused without a crash")
    func forgery() throws {
        let d = 16, vectors = clustered(700, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        try world.index.write(to: path, live: world.live)
        let bytes = try #require(try Files.read(path))
        let side = try SideFile(decoding: try #require(try Files.read(path + ".side")), path: path)
        func expectRefused(_ what: String, _ bytes: [UInt8], _ side: SideFile) throws {
            var side = side, sum = PieceChecksum()
            unsafe bytes.withUnsafeBytes { unsafe sum.add($0) }
            side.indexChecksum = sum.finish()
            side.indexByteCount = UInt64(bytes.count)
            try Files.writeAtomically(bytes, to: path)
            try Files.writeAtomically(side.encoded, to: path + ".side")
            #expect(throws: IndexError.self, "\(what)") { try open(path, world) }
        }
        // Not among the centroids: another float there is another index, and right.
        let lists = Int(side.listsOffset)
        for at in Array(0..<60) + Array(lists..<lists + 60) {
            var wrong = bytes
            wrong[at] ^= 0x55
            // In the head, fields that do not matter to us may differ; what must not happen is a crash.
            if at < lists {
                try expectNoCrash(wrong, side, path, world)
            } else {
                try expectRefused("byte \(at)", wrong, side)
            }
        }
        let changes: [(inout SideFile) -> Void] = [
            { $0.rowCount += 1 }, { $0.listCount = 1 << 30 }, { $0.codeBytes = 0 }, { $0.listsOffset = 12 },
            { $0.listsOffset = .max }, { $0.dimension = 0 },
        ]
        for change in changes {
            var wrong = side
            change(&wrong)
            try expectRefused("\(wrong.rowCount) \(wrong.listCount) \(wrong.codeBytes)", bytes, wrong)
        }
        var wrong = bytes
        wrong[bytes.count - 1] = 0x7f
        try expectRefused("an id that is no row", wrong, side)
    }

    private func expectNoCrash(_ bytes: [UInt8], _ side: SideFile, _ path: String, _ world: IndexFixture) throws {
        var side = side, sum = PieceChecksum()
        unsafe bytes.withUnsafeBytes { unsafe sum.add($0) }
        side.indexChecksum = sum.finish()
        try Files.writeAtomically(bytes, to: path)
        try Files.writeAtomically(side.encoded, to: path + ".side")
        guard let index = try? open(path, world) else { return }
        #expect(index.rowCount == 700)
    }

    @Test("a snapshot that cannot be written leaves the old one and a typed error")
    func unwritable() throws {
        let d = 16, vectors = clustered(600, d)
        let world = try IndexFixture(vectors, d, lists: 4, bytes: 8)
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.faiss"
        try world.index.write(to: path, live: world.live)
        try Files.makeFolder(path + ".new")
        #expect(throws: IndexError.self) { try world.index.write(to: path, live: world.live) }
        #expect(try open(path, world).rowCount == 600)
    }

    @Test("the side file's bytes are those that FORMAT describes")
    func golden() throws {
        let side = SideFile(
            kind: .ivfpq, training: 7, dimension: 13, listCount: 300, codeBytes: 8, rowCount: 3, indexByteCount: 1_000,
            indexChecksum: 0x0102_0304_0506_0708, listsOffset: 700, perRow: [9, 8, 255])
        let words: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 0, 13, 0, 0, 0, 44, 1, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]
        let sizes: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 232, 3, 0, 0, 0, 0, 0, 0]
        let sums: [UInt8] = [8, 7, 6, 5, 4, 3, 2, 1, 188, 2, 0, 0, 0, 0, 0, 0]
        let header = Array("MVSIDE01".utf8) + words + sizes + sums
        #expect(Array(side.encoded[..<64]) == header && Array(side.encoded[64..<67]) == [9, 8, 255])
        #expect(side.encoded.count == 75 && Array(side.encoded[67...]) == Self.goldenSum)
        #expect(try SideFile(decoding: side.encoded, path: "x") == side)
    }

    /// XXH3-64 of the 67 bytes before.
    private static let goldenSum: [UInt8] = [18, 189, 81, 98, 59, 251, 74, 135]
}
