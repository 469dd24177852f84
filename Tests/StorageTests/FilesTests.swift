import Foundation
import Testing
import Vectors

@testable import Storage

@Suite("Files")
struct FilesTests {
    @Test(
        "an atomic write killed at any place leaves the old bytes or the new",
        arguments: ["file.written", "file.renamed"])
    func atomicWrite(place: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/f"
        try Files.writeAtomically([1, 2], to: path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, place = place as String] in
            FaultPoint.arm(place, signal: SIGKILL)
            try Files.writeAtomically([3, 4, 5], to: path)
        }
        #expect(try Files.read(path) == (place == "file.written" ? [1, 2] : [3, 4, 5]))
        try Files.writeAtomically([6], to: path)
        #expect(Files.names(in: folder.path) == ["f"])
    }

    @Test("a write that fails leaves the old file and nothing beside it")
    func failedWrite() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/no-such-folder/f"
        let error = #expect(throws: StorageError.self) { try Files.writeAtomically([1], to: path) }
        #expect(error == .file(path: path + ".new", operation: "open", errno: ENOENT))
        #expect(error?.description.contains(path) == true)
        #expect(errorCode { _ = try Files.checksum("/proc/self/mem") } == nil, "a file of no size has the checksum 0")
        #expect(Files.names(in: folder.path) == [])
    }

    @Test("copies and checksums are those of the whole file, in pieces")
    func copy() throws {
        let folder = try TemporaryFolder()
        let (a, b) = (folder.path + "/a", folder.path + "/b")
        for count in [0, 1, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 20 << 20] {
            var bytes = [UInt8](repeating: 3, count: count)
            for i in stride(from: 0, to: count, by: 1_000_003) { bytes[i] = UInt8(truncatingIfNeeded: i) }
            try Files.writeAtomically(bytes, to: a)
            try Files.copy(a, to: b)
            #expect(try Files.read(b) == bytes)
            #expect(try Files.checksum(a) == Files.checksum(b))
            if count > 0 {
                bytes[count - 1] ^= 1
                try Files.writeAtomically(bytes, to: b)
                #expect(try Files.checksum(a) != Files.checksum(b))
            }
        }
        #expect(errorCode { try Files.copy(folder.path + "/none", to: b) } == "file")
    }

    @Test("removing a folder removes what is in it, and of links only the links")
    func remove() throws {
        let folder = try TemporaryFolder(), other = try TemporaryFolder()
        try Files.writeAtomically([1], to: other.path + "/kept")
        let tree = folder.path + "/tree"
        try Files.makeFolder(tree + "/a/b/c")
        try Files.writeAtomically([1], to: tree + "/a/b/f")
        #expect(unsafe symlink(other.path, tree + "/a/link") == 0)
        #expect(unsafe symlink(folder.path + "/nowhere", tree + "/a/dangling") == 0)
        try Files.remove(tree)
        #expect(Files.names(in: folder.path) == [])
        #expect(Files.names(in: other.path) == ["kept"])
        try Files.remove(tree)
    }

    @Test("one writer at a time: the second is told who and since when, and the lock goes with its holder")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        do {
            let lock = try FolderLock(folder: path)
            let error = #expect(throws: StorageError.self) { _ = try FolderLock(folder: path) }
            #expect(error?.code == "locked")
            #expect(error?.description.contains("process \(getpid()) since ") == true)
            await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
                exit(errorCode { _ = try FolderLock(folder: path) } == "locked" ? 7 : 1)
            }
            withExtendedLifetime(lock) {}
        }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let lock = try FolderLock(folder: path)
            withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
        }
        _ = try FolderLock(folder: path)
        #expect(errorCode { _ = try FolderLock(folder: path + "/none") } == "file")
    }

    @Test("memvec.json comes back as it was written, seed and all")
    func collectionFile() throws {
        let folder = try TemporaryFolder()
        var file = CollectionFile(
            dimension: 384, metric: .cosine, nonFilterableKeys: ["text", "é/"], hashSeed: .max, cold: "local:other",
            settings: ["recall": "0.98"])
        file.generation = 4
        try file.write(folder: folder.path)
        #expect(try CollectionFile.read(folder: folder.path) == file)
        #expect(file.generationFolder(in: "x") == "x/g4")
        #expect(
            CollectionFile(dimension: 1, metric: .cosine, nonFilterableKeys: []).hashSeed
                != CollectionFile(dimension: 1, metric: .cosine, nonFilterableKeys: []).hashSeed)
    }

    @Test(
        "a memvec.json that cannot be used says what is wrong with it",
        arguments: [
            ("", "damaged", "JSON"), ("{", "damaged", "JSON"), ("{}", "damaged", "format"),
            (#"{"format":2}"#, "format_version", "use a newer memvec"),
            (#"{"format":0}"#, "format_version", "memvec migrate"),
            (#"{"format":1}"#, "damaged", "dimension"),
            (
                #"{"format":1,"dimension":5000,"metric":"cosine","nonFilterableKeys":[],"#
                    + #""generation":1,"hashSeed":1,"settings":{}}"#,
                "damaged", "5000"
            ),
            (
                #"{"format":1,"dimension":5,"metric":"manhattan","nonFilterableKeys":[],"#
                    + #""generation":1,"hashSeed":1,"settings":{}}"#,
                "damaged", "metric"
            ),
        ])
    func badCollectionFile(text: String, code: String, word: String) throws {
        let folder = try TemporaryFolder()
        try Files.writeAtomically(Array(text.utf8), to: folder.path + "/memvec.json")
        let error = #expect(throws: StorageError.self) { _ = try CollectionFile.read(folder: folder.path) }
        #expect(error?.code == code)
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test("a folder without memvec.json is no collection, nor is a file or nothing")
    func notACollection() throws {
        let folder = try TemporaryFolder()
        try Files.writeAtomically([1], to: folder.path + "/file")
        for path in [folder.path, folder.path + "/file", folder.path + "/none"] {
            #expect(throws: StorageError.notACollection(path: path)) { _ = try CollectionFile.read(folder: path) }
        }
    }
}
