internal import Storage
internal import Synchronization
public import Vectors

extension TierStack {
    /// Remembers what an answer used, after it was given. Never waits: what does not fit into a queue is dropped and
    /// counted there.
    ///
    /// Only what came out near counts as used and may enter a tier: rows that were only candidates are poison to a
    /// cache.
    /// - Parameters:
    ///   - nearest: the rows whose exact distance is known, nearest first; as many as are known, 50 are looked at.
    ///   - fetched: those of them that came from the cold store, with their vectors.
    public func noteUse(of nearest: [Row], k: Int, fetched: RowVectors? = nil, mode: ReadMode = .normal) {
        guard mode == .normal else { return }
        if let fetched { confirm(fetched.rows) }
        let usedCount = max(settings.usedCount, 2 * k)
        let mayEnterRAM =
            ram.fillShare < settings.fillingShare
            ? max(usedCount, settings.usedCountWhileFilling) : usedCount
        let mayEnterWarm =
            warm.map { $0.fillShare < settings.fillingShare } == true
            ? max(usedCount, settings.usedCountWhileFilling) : usedCount
        let isFetched = Set(fetched?.rows ?? [])
        var fromBlocks: [Row] = []
        var fromFetched: [Row] = []
        var toWarm: [Row] = []
        var fromRAMToWarm: [Row] = []
        for (rank, row) in nearest.prefix(max(mayEnterRAM, mayEnterWarm)).enumerated() {
            let uses = rank < usedCount ? residency.countUse(of: row) : residency.uses(of: row)
            let isInRAM = residency.slot(of: row) != nil
            if isInRAM && rank < usedCount { ram.touch(row) }
            if !isInRAM && rank < mayEnterRAM {
                if isFetched.contains(row) {
                    fromFetched.append(row)
                } else if uses >= settings.promotionMark || rank >= usedCount {
                    fromBlocks.append(row)
                }
            }
            guard warm != nil, rank < mayEnterWarm, residency.place(of: row) == nil else { continue }
            if isFetched.contains(row) {
                toWarm.append(row)
            } else if isInRAM && rank < usedCount && Self.isMark(uses) {
                fromRAMToWarm.append(row)
            }
        }
        if let fetched, !fromFetched.isEmpty { ram.offer(fromFetched, from: fetched) }
        if let blocks, !fromBlocks.isEmpty {
            ram.offer(fromBlocks, from: BlockVectors(source: blocks, residency: residency))
        }
        guard let warm else { return }
        if let fetched { warm.offer(toWarm, from: fetched) }
        warm.offer(fromRAMToWarm, from: RAMVectors(tier: ram))
    }

    /// A row in RAM that was too cold for the warm tier when it came is offered again at 4, 8, 16 ... uses.
    private static func isMark(_ uses: Int) -> Bool { uses >= 4 && uses.nonzeroBitCount == 1 }

    /// Takes vectors that came without a query's use: late answers, a mirror's stream, what a pin waits for.
    ///
    /// Rows that are pinned or hot enter RAM; all are offered to the warm tier.
    /// - Parameter missCounts: of each row, how often queries have missed it: they count as uses, or the tiers would
    ///   take the row for the coldest that they have and give it up at once.
    public func fill(_ vectors: RowVectors, missCounts: [Int] = []) {
        confirm(vectors.rows)
        for (row, missCount) in zip(vectors.rows, missCounts) {
            residency.setUses(of: row, to: residency.uses(of: row) + missCount)
        }
        let forRAM = vectors.rows.filter { residency.isPinned($0) || residency.uses(of: $0) > 0 }
        if !forRAM.isEmpty { ram.offer(forRAM, from: vectors) }
        warm?.offer(vectors.rows.filter { residency.place(of: $0) == nil }, from: vectors)
    }

    /// The remote has the same vectors for these rows as we have, as of now.
    public func confirm(_ rows: some Sequence<Row>) {
        guard let life else { return }
        let tick = life.tick(at: settings.clock.now)
        for row in rows { residency.setConfirmedTick(of: row, to: tick) }
    }

    // MARK: Pins

    /// Keeps `rows` in RAM until they are unpinned or die. Returns those whose vector is in no local tier: fetched and
    /// given to ``fill(_:)``, they enter too.
    /// - Throws: ``TierError/pinQuotaExceeded(wanted:pinned:quota:)``; nothing is pinned then.
    public func pin(_ rows: [Row]) throws(TierError) -> [Row] {
        try ram.pin(rows)
        let outside = rows.filter { residency.slot(of: $0) == nil }
        if let blocks, !outside.isEmpty {
            ram.admitNow(outside, from: BlockVectors(source: blocks, residency: residency))
        }
        return outside.filter { residency.slot(of: $0) == nil }
    }

    public func unpin(_ rows: [Row]) { ram.unpin(rows) }

    /// Writes vectors that were fetched to be kept into the warm tier now, as far as there is room, whatever their
    /// heat. Gives how many were taken.
    public func keep(_ vectors: RowVectors) -> Int {
        confirm(vectors.rows)
        return warm?.store(vectors) ?? 0
    }

    /// Has the warm tier write what waits for a block to fill, so that lookups find it.
    public func flushWarm() { warm?.flush() }

    /// Whether RAM or a block is said to hold the vector of `row`.
    public func isAtHand(_ row: Row) -> Bool { isInRAM(row) || isWarm(row) }

    /// Whether the row has a slot.
    public func isInRAM(_ row: Row) -> Bool { residency.slot(of: row) != nil }

    /// Whether the row has a place in the warm tier.
    public func isWarm(_ row: Row) -> Bool { residency.place(of: row) != nil }

    /// Whether the warm tier takes more without giving something up; false where there is none.
    public var hasWarmRoom: Bool { warm.map { $0.fillShare < 1 } ?? false }

    // MARK: Heat

    /// Saves counters and hot set. Called now and then, and before a close.
    /// - Throws: ``StorageError``.
    public func saveHeat(to path: String, generation: UInt32, rowCount: Int) throws {
        try Heat(of: residency, below: rowCount).save(to: path, generation: generation)
    }

    /// Puts back the counters of a heat file, and fills RAM in the background with what was hot, as far as blocks have
    /// it and slots are free. Without a file that can be believed nothing happens.
    public func loadHeat(from path: String, generation: UInt32) {
        guard let heat = Heat.load(from: path, generation: generation) else { return }
        heat.apply(to: residency)
        _ = background.offer { [self] in refill(heat.hotRows(limit: ram.slotCount)) }
    }

    /// Copies `rows` into free slots, in order, until there are none or the stack is closed.
    private func refill(_ rows: [Row]) {
        guard let blocks else { return }
        warm?.drain()
        let source = BlockVectors(source: blocks, residency: residency)
        for start in stride(from: 0, to: rows.count, by: 64) {
            let free = ram.slotCount - ram.statistics.usedCount
            guard free > 0, !isClosed.load(ordering: .acquiring) else { return }
            ram.admitNow(Array(rows[start..<min(rows.count, start + min(64, free))]), from: source)
        }
    }

    // MARK: Numbers

    public struct Statistics: Sendable, Equatable {
        public var lookupCount = 0
        /// Candidates by where they were found; together all candidates of all normal lookups.
        public var ramHitCount = 0
        public var blockHitCount = 0
        public var missCount = 0
        public var residencyBytes = 0
        public var ram = RAMTier.Statistics()
        /// Nil in a local collection.
        public var warm: WarmTier.Statistics?

        public init() {}
    }

    public var statistics: Statistics {
        var out = Statistics()
        out.lookupCount = lookups.lookups.load(ordering: .relaxed)
        out.ramHitCount = lookups.inRAM.load(ordering: .relaxed)
        out.blockHitCount = lookups.inBlocks.load(ordering: .relaxed)
        out.missCount = lookups.missing.load(ordering: .relaxed)
        out.residencyBytes = residency.byteCount
        out.ram = ram.statistics
        out.warm = warm?.statistics
        return out
    }

    /// Traps when the tiers contradict each other. Only while nothing else is going on.
    func checkInvariants() {
        ram.checkInvariants()
        warm?.checkInvariants()
    }
}

/// Vectors by row out of the RAM tier.
struct RAMVectors: VectorSource {
    let tier: RAMTier

    func forEachVector(of rows: [Row], _ body: (Int, Span<Float>) -> Void) {
        for (index, row) in rows.enumerated() { _ = tier.withVector(of: row) { body(index, $0) } }
    }
}
