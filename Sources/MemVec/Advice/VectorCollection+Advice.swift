internal import FoundationEssentials
internal import Storage
internal import Tiers

extension VectorCollection {
    /// What other sizes of RAM and SSD would do, as far as the traffic that was seen tells.
    ///
    /// Costs a pass over the rows' counters. A read-only open knows what was saved last.
    public func advice() throws -> Advice {
        let engine = try engine(), settings = settings
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let vectorBytes = 4 * dimension
        var warmRows = 0
        if engine.file.cold != nil {
            let folder = engine.folder + "/warm"
            let free = Files.freeBytes(engine.folder) + Files.bytesBelow(folder)
            warmRows = settings.warmBudget.byteCount(of: free) / vectorBytes
        }
        let saved = isReadOnly ? Heat.load(from: engine.heatPath, generation: engine.file.generation) : nil
        let heat = saved ?? Heat(of: engine.tiers.residency, below: Int(engine.store.counters.nextRow))
        return Advice(
            traffic: isReadOnly ? try Engine.savedTraffic(engine.store) : engine.observed.seen,
            uses: heat.entries.map { Int($0.uses) }, rowCount: Int(engine.store.counters.liveCount),
            vectorBytes: vectorBytes, isRemote: engine.file.cold != nil,
            ramRows: settings.ramBudget.byteCount(of: memory) / vectorBytes, warmRows: warmRows)
    }
}
