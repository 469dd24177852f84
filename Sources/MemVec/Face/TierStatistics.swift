internal import FoundationEssentials
internal import Storage
internal import Tiers
internal import Vectors

extension CollectionStatistics {
    /// What is where, and how much of it may be.
    public struct TierPart: Sendable, Equatable {
        /// Bytes that the RAM tier may take.
        public var ramBudgetBytes = 0
        /// Vectors that this budget holds.
        public var ramCapacity = 0
        /// Vectors in the RAM tier.
        public var ramRows = 0
        /// Of these, those that are pinned.
        public var pinnedRows = 0
        /// Bytes that the warm file may take; nil in a local collection, whose SSD holds every vector.
        public var warmBudgetBytes: Int?
        /// Vectors that this budget holds.
        public var warmCapacity: Int?
        /// Vectors on the SSD, dead ones that were not removed yet among them; nil where a read-only open of a remote
        /// collection does not know.
        public var warmRows: Int?
        /// Candidates of queries since the open that were found in RAM.
        public var ramFinds = 0
        /// On the SSD.
        public var warmFinds = 0
        /// In neither.
        public var misses = 0

        /// Nothing anywhere.
        public init() {}
    }
}

/// How many live rows were used how often, lately: uses of an era count half in the next.
public struct HeatDistribution: Sendable, Equatable {
    /// Rows without use, with 1, with 2 or 3, with 4 to 7, and so on by powers of two; the last is not 0.
    public internal(set) var rowCounts: [Int]

    /// The fewest uses of rows in `rowCounts[position]`.
    public static func leastUses(at position: Int) -> Int { position == 0 ? 0 : 1 << (position - 1) }

    static func position(ofUses uses: Int) -> Int { uses <= 0 ? 0 : Int.bitWidth - uses.leadingZeroBitCount }
}

extension VectorCollection {
    func tierPart(_ engine: Engine, _ tiers: TierStack.Statistics) -> CollectionStatistics.TierPart {
        var part = CollectionStatistics.TierPart()
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        part.ramBudgetBytes = settings.ramBudget.byteCount(of: memory)
        part.ramCapacity = tiers.ram.slotCount
        part.ramRows = tiers.ram.usedCount
        part.pinnedRows = tiers.ram.pinnedCount
        part.ramFinds = tiers.ramHitCount
        part.warmFinds = tiers.blockHitCount
        part.misses = tiers.missCount
        if isReadOnly, let saved = Heat.load(from: engine.heatPath, generation: engine.file.generation) {
            // This process has none in RAM: what the writing one had when it saved it.
            part.ramRows = saved.entries.count(where: \.isInRAM)
        }
        guard engine.file.cold != nil else {
            part.warmRows = Int(engine.store.counters.liveCount)
            return part
        }
        let folder = engine.folder + "/warm"
        part.warmBudgetBytes =
            tiers.warm?.budgetBytes
            ?? settings.warmBudget.byteCount(of: Files.freeBytes(engine.folder) + Files.bytesBelow(folder))
        part.warmCapacity = engine.tiers.warm?.rowCapacity
        part.warmRows = tiers.warm?.rowCount
        return part
    }

    /// How hot the live rows are. Costs a pass over the rows' counters, about 10 ms for 1,000,000 rows.
    public func heatDistribution() throws -> HeatDistribution {
        let engine = try engine()
        let counters = engine.store.counters, live = engine.store.live
        var counts = [Int](repeating: 0, count: 1), known = 0
        for entry in Heat(of: engine.tiers.residency, below: Int(counters.nextRow)).entries
        where live.contains(entry.row) {
            known += 1
            let position = HeatDistribution.position(ofUses: Int(entry.uses))
            while counts.count <= position { counts.append(0) }
            counts[position] += 1
        }
        counts[0] += max(0, Int(counters.liveCount) - known)
        return HeatDistribution(rowCounts: counts)
    }
}
