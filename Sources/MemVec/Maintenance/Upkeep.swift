internal import Index
internal import Storage
internal import Tiers

/// What an open collection does for itself now and then. Nothing of it is needed for a right answer, so what fails is
/// tried again at the next turn.
struct Upkeep {
    static let pause = Duration.seconds(2)
    /// Turns between two writings of the heat file, and two looks at the index's dead rows.
    private static let heatTurns = 30
    /// Journal entries, and rows, behind the snapshot: about a second of replay at the next open.
    private static let entryLimit = 20_000
    private static let rowLimit = 500_000

    /// Seconds after which a write that was not answered is sent again.
    private static let intentAge = 60.0

    private var turn = 0

    mutating func step(_ engine: Engine, isReadOnly: Bool) async {
        turn += 1
        engine.tiers.maintain()
        guard !isReadOnly else { return }
        engine.continueTextWork()
        if engine.isDayForgotten { try? await engine.saveSpending() }
        if turn % Self.heatTurns == 0 {
            try? engine.saveHeat()
            try? engine.sweepIfWorthIt()
            if let cold = engine.cold, engine.store.counters.intentCount > 0 {
                _ = try? await engine.resolveIntents(cold, age: Self.intentAge)
            }
            engine.tellSize()
            try? await engine.saveSpending()
            try? await engine.saveTraffic()
        }
        try? await engine.snapshotIfWorthIt(entries: Self.entryLimit, rows: Self.rowLimit)
    }
}

extension Engine {
    func saveHeat() throws {
        try tiers.saveHeat(
            to: heatPath, generation: file.generation, rowCount: Int(store.counters.nextRow))
        try calibration?.save(to: calibrationPath)
    }

    /// Has the index let dead rows go, once they are an eighth of it.
    func sweepIfWorthIt() throws {
        guard let index = index?.index else { return }
        let counters = store.counters
        guard index.rowCount - Int(counters.liveCount) > index.rowCount / 8 else { return }
        // Below what is published every live bit is final.
        _ = try index.sweep(store.live, below: Row(UInt32(clamping: counters.nextRow)))
    }
}
