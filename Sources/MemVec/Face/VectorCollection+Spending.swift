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
}
