package import Router
internal import Tiers

extension VectorCollection {
    /// Waits until everything that earlier queries left to be done is done: audits, fills, and what the tiers take in.
    /// Gives what queries have cost since.
    package func settledSpending() async throws -> Spending.Sums {
        let engine = try engine()
        await engine.router.settleAudits()
        await engine.router.settleFills()
        engine.tiers.drain()
        return engine.spending.sums
    }

    /// Rows that the warm tier has let in since the open, those that it wrote again left out; and what it wrote.
    package var warmWrites: (rows: Int, bytes: Int) {
        get throws {
            let warm = try engine().tiers.statistics.warm
            return (warm?.admittedCount ?? 0, warm?.writtenBytes ?? 0)
        }
    }
}
