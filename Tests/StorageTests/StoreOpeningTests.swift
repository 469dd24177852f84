import Foundation
import Testing
import Vectors

@testable import Storage

@Suite("Store: opening")
struct StoreOpeningTests {
    @Test("what is not there is not made, and what is there is not made again")
    func presence() throws {
        let folder = try TemporaryFolder()
        func open(_ access: Store.Access) throws {
            _ = try Store(
                folder: folder.path, shape: .init(dimension: 3, holdsVectors: true, generation: 1, hashSeed: 7),
                access: access, mapBytes: 1 << 30)
        }
        for access in [Store.Access.readWrite, .readOnly] {
            #expect(throws: StorageError.missing(path: folder.data)) { try open(access) }
        }
        try open(.create)
        #expect(throws: StorageError.alreadyExists(path: folder.data)) { try open(.create) }
        try open(.readWrite)
        try open(.readOnly)
    }

    @Test("a store of another dimension, generation, seed or kind is refused, and said which")
    func identity() throws {
        let folder = try TemporaryFolder()
        _ = try openStore(folder.path)
        let right = Store.Shape(dimension: 3, holdsVectors: true, generation: 1, hashSeed: 7)
        var shapes = [right, right, right, right]
        shapes[0].dimension = 4
        shapes[1].generation = 2
        shapes[2].hashSeed = 8
        shapes[3].holdsVectors = false
        for (shape, word) in zip(shapes, ["dimension 3", "generation 1", "hash seed", "vectors"]) {
            let error = #expect(throws: StorageError.self) {
                _ = try Store(folder: folder.path, shape: shape, access: .readWrite, mapBytes: 1 << 30)
            }
            #expect(error?.code == "other_collection" && error?.description.contains(word) == true)
        }
        try openStore(folder.path).expectSound()
    }

    @Test("a file that is not LMDB's, or an empty one, is damaged and stays as it is")
    func foreignFile() throws {
        let folder = try TemporaryFolder()
        for bytes in [[], Array("PK\u{3}\u{4} some archive".utf8), [UInt8](repeating: 0, count: 100_000)] {
            try Files.writeAtomically(bytes, to: folder.data)
            #expect(errorCode { _ = try openStore(folder.path) } == "damaged")
            #expect(errorCode { _ = try openStore(folder.path, readOnly: true) } == "damaged")
            #expect(try Files.read(folder.data) == bytes)
        }
        // LMDB's, but not a store.
        try Files.remove(folder.data)
        let environment = try Environment(path: folder.data)
        _ = try environment.write { try $0.open("other", .bytes, create: true) }
        environment.close()
        #expect(errorCode { _ = try openStore(folder.path) } == "damaged")
    }

    @Test("a file cut anywhere is damaged, and never ends the process")
    func truncated() throws {
        let folder = try TemporaryFolder(), cut = try TemporaryFolder()
        let store = try openStore(folder.path)
        for round in 0..<4 { try store.fill(400, prefix: "r\(round)-") }
        let bytes = try #require(try Files.read(folder.data))
        var refused = 0, lengths = 0
        for length in stride(from: 0, to: bytes.count, by: 4096 * max(1, bytes.count / 4096 / 60)) {
            for length in [length, length + 100] {
                try Files.writeAtomically(Array(bytes[..<length]), to: cut.data)
                lengths += 1
                if errorCode({ _ = try openStore(cut.path) }) == "damaged" { refused += 1 }
                try Files.remove(cut.data + "-lock")
            }
        }
        #expect(refused == lengths)
    }

    @Test("two stores of one file in one process share it, in any order of access")
    func sharing() throws {
        let folder = try TemporaryFolder()
        _ = try openStore(folder.path)
        let reader = try openStore(folder.path, readOnly: true)
        let writer = try openStore(folder.path)
        try writer.fill(300)
        #expect(reader.environment === writer.environment)
        #expect(throws: StorageError.readOnly(path: folder.data)) { try reader.fill(1) }
        #expect(reader.counters.liveCount == 0)
        try reader.refresh()
        #expect(reader.counters == writer.counters)
        #expect(reader.live.snapshot(rowCount: 300).count == 300)
        try reader.expectSound()
        let found = try reader.read { try $0.withVector(of: Row(2)) { span in span.indices.map { span[$0] } } }
        #expect(found == [6, 7, 8])
    }

    @Test("a folder that was removed and made again is another store, though the old one is open")
    func madeAgain() throws {
        let folder = try TemporaryFolder()
        let old = try openStore(folder.path)
        try old.fill(10)
        try Files.remove(folder.path)
        try Files.makeFolder(folder.path)
        let new = try openStore(folder.path)
        #expect(new.environment !== old.environment)
        #expect(new.counters.liveCount == 0)
        try new.fill(5, prefix: "n")
        #expect(try old.keys().count == 10)
        #expect(try new.keys().count == 5)
    }

    @Test("another process reads beside the writer, and sees what it commits")
    func otherProcess() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let writer = try openStore(path)
        try writer.fill(500)
        await #expect(processExitsWith: .success) { [path = path as String] in
            let reader = try openStore(path, readOnly: true)
            try reader.expectSound()
            let isRight = try reader.keys().count == 500 && reader.counters.liveCount == 500
            exit(isRight ? EXIT_SUCCESS : 3)
        }
    }

    @Test("a store in a folder that cannot be written is read")
    func readOnlyFolder() throws {
        let folder = try TemporaryFolder()
        try openStore(folder.path).fill(20)
        let target = folder.path + "/link"
        try openStore(folder.path).copy(toFolder: target)
        #expect(try openStore(target, readOnly: true).keys().count == 20)
    }

    @Test("a map that is full is said so, nothing is changed, and a larger one mends it")
    func mapFull() throws {
        let folder = try TemporaryFolder()
        try inSmallMap(folder.path)
        let store = try openStore(folder.path)
        #expect(store.counters.liveCount == 50)
        try store.fill(5000, prefix: "b")
        try store.expectSound()
    }

    private func inSmallMap(_ path: String) throws {
        let store = try openStore(path, mapBytes: 256 << 10)
        try store.fill(50)
        #expect(errorCode { try store.fill(5000, prefix: "b") } == "map_full")
        #expect(store.counters.liveCount == 50)
        #expect(store.live.snapshot(rowCount: 5050).count == 50)
        try store.expectSound()
        // Smaller things go on.
        try store.write { try $0.setNote("small", [1]) }
    }

    @Test("a copy is the store of one moment, while writers go on")
    func copy() throws {
        let folder = try TemporaryFolder(), target = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.fill(700)
        try store.copy(toFolder: target.path)
        try store.fill(10, prefix: "later")
        let copy = try openStore(target.path)
        #expect(copy.counters.liveCount == 700)
        try copy.expectSound()
        #expect(throws: StorageError.alreadyExists(path: target.data)) { try store.copy(toFolder: target.path) }
    }
}
