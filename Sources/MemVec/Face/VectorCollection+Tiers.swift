internal import Storage
internal import Tiers
public import Vectors

/// What a warming did.
public struct WarmReport: Sendable, Equatable {
    /// Vectors that were asked for.
    public var wantedCount = 0
    /// Of these, at hand in a local tier before.
    public var presentCount = 0
    /// Of these, fetched from the cold store now.
    public var fetchedCount = 0
    /// Whether the warm tier's budget ended it before all were at hand.
    public var isOverBudget = false

    /// The defaults.
    public init() {}
}

extension VectorCollection {
    /// Keeps the vectors of `keys` in RAM until they are unpinned, through overwrites and reopens. Those that are in no
    /// local tier are fetched.
    ///
    /// - Throws: ``MemVecError/notFound(key:)``, the RAM tier's quota error (half of the RAM budget), or
    ///   ``MemVecError/cold(_:)`` for vectors that are pinned and could not be fetched now.
    public func pin(keys: [String]) async throws {
        let keys = try keys.map { try VectorKey($0) }
        try await writing { try await $0.pin(keys) }
    }

    /// Leaves the vectors of `keys` to the cache again. Keys that are not pinned are fine.
    public func unpin(keys: [String]) async throws {
        let keys = try keys.map { try VectorKey($0) }
        try await writing { try await $0.unpin(keys) }
    }

    /// The pinned keys, in no order.
    public func pinnedKeys() throws -> [String] { try engine().pinned.all.map(\.text) }

    /// Returns when what an earlier open left in the local tiers is in use. A remote collection reads its warm file in
    /// the background, and asks the cold store for what it has not come to yet.
    public func settleTiers() async throws {
        let tiers = try engine().tiers
        await Task.detached { tiers.drain() }.value
    }

    /// Returns when the audits of earlier queries are done, or given up.
    package func settleAudits() async throws { try await engine().router.settleAudits() }

    /// Brings vectors near before they are asked for: of a remote collection from the cold store into the warm tier, as
    /// far as its budget goes; of a local one from the disk into the page cache.
    ///
    /// - Parameters:
    ///   - filter: only those that match.
    ///   - progress: vectors looked at, of how many.
    public func warm(
        matching filter: Filter? = nil, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> WarmReport {
        let engine = try writableEngine()
        let rows = try engine.store.read { reader in
            try filter.map { try reader.rows(matching: $0) } ?? reader.liveRows()
        }.rows
        var report = WarmReport()
        report.wantedCount = rows.count
        for start in stride(from: 0, to: rows.count, by: Self.warmSlice) {
            progress(start, rows.count)
            let slice = Array(rows[start..<min(start + Self.warmSlice, rows.count)])
            if engine.cold == nil {
                report.presentCount += try touch(slice, engine)
                continue
            }
            guard engine.tiers.hasWarmRoom else {
                report.isOverBudget = true
                break
            }
            let missing = slice.filter { !engine.tiers.isAtHand($0) }
            report.presentCount += slice.count - missing.count
            let keys = try engine.store.read { reader in try missing.compactMap { try reader.record(of: $0)?.key } }
            report.fetchedCount += try await engine.bring(keys, keeping: true)
        }
        engine.tiers.flushWarm()
        return report
    }

    private static let warmSlice = 800

    /// Reads each vector once, so that its pages are in memory.
    private func touch(_ rows: [Row], _ engine: Engine) throws -> Int {
        try engine.store.read { reader in
            var count = 0
            for row in rows where try reader.withVector(of: row, { $0.count > 0 && $0[$0.count - 1].isFinite }) != nil {
                count += 1
            }
            return count
        }
    }
}
