import Foundation
import Storage
import Testing
import Vectors

@testable import Tiers

/// A folder that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "memvec-tiers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A warm tier over rows whose vectors are told from their number (``PatternVectors``).
struct WarmFixture {
    static let dimension = 128

    let folder: TemporaryFolder
    let clock: VirtualClock
    let residency: ResidencyTable
    let live: LiveRows
    let rowCount: Int

    init(rows: Int) throws {
        folder = try TemporaryFolder()
        clock = VirtualClock()
        rowCount = rows
        residency = try ResidencyTable()
        live = try LiveRows()
        try residency.grow(through: Row(UInt32(rows - 1)))
        for row in 0..<rows { try live.set(Row(UInt32(row)), live: true) }
    }

    func settings(blocks: Int) -> WarmTier.Settings {
        var settings = WarmTier.Settings(
            folder: folder.path, dimension: Self.dimension, generation: 1,
            budgetBytes: blocks * (BlockLayout(dimension: Self.dimension).byteCount + 16))
        settings.bootID = "this-boot"
        settings.clock = clock
        return settings
    }

    /// Opened, with what the file held in the table.
    func open(_ settings: WarmTier.Settings) throws -> WarmTier {
        let tier = try WarmTier(settings, residency: residency, live: live)
        tier.drain()
        return tier
    }

    func rows(_ range: Range<Int>) -> [Row] { range.map { Row(UInt32($0)) } }

    /// Counts `uses` of each row and offers it.
    func use(_ rows: [Row], _ uses: Int = 1, in tier: WarmTier) {
        for row in rows { for _ in 0..<uses { residency.countUse(of: row) } }
        for start in stride(from: 0, to: rows.count, by: 50) {
            tier.admit(
                Array(rows[start..<min(rows.count, start + 50)]), from: PatternVectors(dimension: Self.dimension))
        }
    }

    /// Rows that have a place and are read back with their own bytes. Records an issue for any that is not.
    func readable(in tier: WarmTier, _ rows: [Row]) -> [Row] {
        var found: [Row] = []
        BlockVectors(source: tier, residency: residency).forEachVector(of: rows) { index, vector in
            let isRight = PatternVectors.matches(vector, rows[index])
            #expect(isRight, "\(rows[index]) came with another row's bytes")
            found.append(rows[index])
        }
        return found
    }

    /// As after a restart: nothing is known but what is on disk.
    func forgotten() throws -> WarmFixture { try WarmFixture(self) }

    private init(_ other: WarmFixture) throws {
        folder = other.folder
        clock = other.clock
        rowCount = other.rowCount
        residency = try ResidencyTable()
        live = other.live
        try residency.grow(through: Row(UInt32(rowCount - 1)))
    }
}
