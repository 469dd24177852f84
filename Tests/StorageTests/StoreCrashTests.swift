import Foundation
import Testing
import Vectors

@testable import Storage

/// What is on disk at any moment of a write is a right store, and of the last commits.
@Suite("Store: crashes")
struct StoreCrashTests {
    enum Place: String, CaseIterable, Sendable, Codable {
        case begin = "store.begin"
        case commit = "store.commit"
        case committed = "store.committed"
        case blocks = "store.blocks"
        case published = "store.published"

        var isDurable: Bool { self != .begin && self != .commit }
    }

    @Test("a process killed at a place of a write leaves all of it or nothing", arguments: Place.allCases)
    func killed(at place: Place) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, place = place as Place] in
            let store = try openStore(path)
            try store.fill(200, prefix: "a")
            FaultPoint.arm(place.rawValue, signal: SIGKILL, at: 2)
            try store.fill(150, prefix: "b")
            try store.fill(300, prefix: "c")
        }
        let store = try openStore(path)
        #expect(store.counters.liveCount == (place.isDurable ? 650 : 350), "\(place)")
        try store.expectSound("\(place)")
        // And it goes on.
        try store.fill(100, prefix: "d")
        try store.expectSound("\(place)")
    }

    /// Before the meta page is written, any of the commit's other pages may have reached the disk, in any order, whole
    /// or torn: what the last commit uses is not among them.
    @Test(
        "a power cut before the meta page leaves the commit of before, whatever else was written", arguments: Seed.quick
    )
    func powerCut(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder(), cut = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.fill(300)
        for round in 0..<Seed.steps(12, most: 200) {
            let before = try #require(try Files.read(folder.data)), keys = try store.keys()
            try change(store, round, &random)
            let after = try #require(try Files.read(folder.data))
            for _ in 0..<3 {
                try Files.remove(cut.path)
                try Files.makeFolder(cut.path)
                try Files.writeAtomically(mix(before, after, &random), to: cut.data)
                let found = try openStore(cut.path)
                #expect(try found.keys() == keys, "MEMVEC_SEED=\(seed) round \(round)")
                try found.expectSound("MEMVEC_SEED=\(seed) round \(round)")
                try found.fill(130, prefix: "later")
                try found.expectSound("MEMVEC_SEED=\(seed) round \(round)")
            }
        }
    }

    private func change(_ store: Store, _ round: Int, _ random: inout SeededGenerator) throws {
        if random.below(2) == 0 { try store.fill(1 + random.below(200), prefix: "r\(round % 3)-") }
        let keys = try store.keys().sorted()
        let gone = (0..<(1 + random.below(40))).map { _ in keys[random.below(keys.count)] }
        try store.write { writer in
            for key in gone { _ = try writer.delete(try VectorKey(key)) }
            try writer.append(.killed([]))
            if round % 4 == 3 { try writer.trimJournal(upTo: writer.counters.journalNext - 2) }
        }
    }

    /// Pages of `after` in place of some of `before`'s, some of them torn at a sector; never the meta pages.
    private func mix(_ before: [UInt8], _ after: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var out = before
        for page in 2..<(after.count / 4096) where random.below(4) > 0 {
            let end = page * 4096 + (random.below(5) == 0 ? 512 * (1 + random.below(7)) : 4096)
            if out.count < (page + 1) * 4096 { out += [UInt8](repeating: 0, count: (page + 1) * 4096 - out.count) }
            out.replaceSubrange(page * 4096..<end, with: after[page * 4096..<end])
        }
        // The file is never shorter than what was written of the commit before.
        return out
    }

    @Test("a file system that takes no more ends a write with a typed error, and all is as before")
    func fileSizeLimit() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let store = try openStore(path, dimension: 128)
            try store.fill(1000, prefix: "a")
            let keys = try store.keys()
            var limit = rlimit(rlim_cur: rlim_t(try Files.byteCount(store.path) ?? 0), rlim_max: rlim_t.max)
            signal(SIGXFSZ, SIG_IGN)
            unsafe setrlimit(__rlimit_resource_t(1), &limit)
            let first = errorCode { try store.fill(5000, prefix: "b") }
            #expect(first == "database", "EFBIG is no full disk, which could be mended")
            #expect(errorCode { try store.fill(1, prefix: "c") } == "closed_after_failure")
            #expect(errorCode { _ = try store.read { try $0.counters() } } == "closed_after_failure")
            limit.rlim_cur = rlim_t.max
            unsafe setrlimit(__rlimit_resource_t(1), &limit)
            #expect(errorCode { _ = try store.keys() } == "closed_after_failure")
            try check(path, keys)
        }
        let store = try openStore(path, dimension: 128)
        #expect(store.counters.liveCount == 1000)
        try store.expectSound()
        try store.fill(5000, prefix: "b")
        try store.expectSound()
    }
}

private func check(_ path: String, _ keys: Set<String>) throws {
    // The failed environment is still open in this process, and shared: opening again means closing it first.
    #expect(errorCode { _ = try openStore(path, dimension: 128).keys() } == "closed_after_failure")
    #expect(keys.count == 1000)
}
