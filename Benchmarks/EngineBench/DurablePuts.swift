import Glibc
import MemVec
import Storage
import Synchronization

/// What acknowledged means: one vector put and synced, against the sync alone, and many putters that share commits.
enum DurablePuts {
    static let dimension = 128

    static func measure(in folder: String) async throws {
        try Files.makeFolder(folder)
        defer { try? Files.remove(folder) }
        var settings = try CollectionSettings()
        settings.autoTrain = false
        let collection = try await VectorCollection.create(
            at: folder + "/collection", CollectionConfiguration(dimension: dimension, settings: settings))
        let file = unsafe open(folder + "/sync", O_RDWR | O_CREAT, 0o644)
        defer { close(file) }
        let page = [UInt8](repeating: 7, count: 4096)
        // In turns, so that both meet the same neighbours on the disk.
        var syncs: [Double] = [], puts: [Double] = []
        for number in 0..<200 {
            syncs.append(
                Report.milliseconds {
                    _ = unsafe pwrite(file, page, page.count, off_t(4096 * number))
                    fsync(file)
                })
            let record = try record("single-\(number)")
            let clock = ContinuousClock(), began = clock.now
            try await collection.put([record])
            puts.append(Double((clock.now - began).components.attoseconds) * 1e-15)
        }
        let ratio = Report.median(puts) / Report.median(syncs)
        print("fsync of an appended page, median of 200: \(Report.median(syncs)) ms")
        Report.line("durable put of one vector", Report.median(puts), "ms", bar: "3 x fsync", isKept: ratio <= 3)
        let one = try await rate(1, collection), sixteen = try await rate(16, collection)
        print("one putter: \(Int(one)) puts/s")
        Report.line(
            "16 putters against one", sixteen / one, "times", bar: ">= 5", isKept: sixteen >= 5 * one)
        try await collection.close()
    }

    private static func record(_ key: String) throws -> VectorRecord {
        try VectorRecord(key: key, values: (0..<dimension).map { Float(($0 * 7 + key.utf8.count) % 13) + 1 })
    }

    /// Puts a second by so many tasks, for three seconds.
    private static func rate(_ putters: Int, _ collection: VectorCollection) async throws -> Double {
        let clock = ContinuousClock(), began = clock.now, end = began + .seconds(3)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for putter in 0..<putters {
                group.addTask {
                    var count = 0
                    while clock.now < end {
                        try await collection.put([record("\(putters)-\(putter)-\(count)")])
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / 3
    }
}
