internal import CKernels
internal import Storage
internal import Synchronization
public import Vectors

extension TierStack {
    /// Scores `rows` exactly where their vectors are at hand, in one pass.
    /// - Parameters:
    ///   - query: `dimension` values; for cosine not all zero.
    ///   - result: distances as ``Metric`` defines them, and where each row was; its memory is used again.
    /// - Throws: ``StorageError`` when the store of a local collection cannot be read. A warm tier that cannot be read
    ///   counts as empty.
    /// - Complexity: 16 bytes of residency and one vector a row; holds an epoch and a read transaction, no lock.
    public func lookup(
        _ query: [Float], _ rows: [Row], into result: inout TierLookup, mode: ReadMode = .normal
    ) throws {
        precondition(
            query.count == settings.ram.dimension, "\(query.count) values of dimension \(settings.ram.dimension)")
        result.prepare(rows.count)
        if let blocks {
            do {
                try blocks.reading { table in score(query, rows, table, &result) }
            } catch {
                if warm == nil { throw error }
                score(query, rows, nil, &result)
            }
            if blocks.placesAreRows && result.missingCount > 0 { scoreLoose(query, rows, in: blocks, &result) }
        } else {
            score(query, rows, nil, &result)
        }
        if mode == .normal { count(result) }
    }

    private func score(_ query: [Float], _ rows: [Row], _ table: BlockTable?, _ result: inout TierLookup) {
        unsafe withKernelTiers(table) { tiers in unsafe run(tiers, query, rows, &result) }
    }

    /// Runs `body` with what the kernels read of all tiers, and the epoch pinned.
    ///
    /// - Parameter table: of ``BlockSource/reading(_:)``, in whose call this is; nil: there are no blocks.
    func withKernelTiers<R>(_ table: BlockTable?, _ body: (UnsafePointer<mv_tiers>) -> R) -> R {
        gate.pinned {
            unsafe ram.slab.withKernelView { slab, slotRows in
                unsafe residency.withTable { entries in
                    var tiers = unsafe mv_tiers()
                    unsafe tiers.residency = unsafe UnsafePointer(entries)
                    unsafe tiers.slab = unsafe slab
                    unsafe tiers.slot_rows = unsafe slotRows
                    unsafe tiers.slot_count = UInt32(ram.slotCount)
                    unsafe tiers.slot_stride = UInt32(ram.slab.stride)
                    if let life {
                        unsafe tiers.ttl_ticks = TimeToLive.ticksPerLife
                        unsafe tiers.now_tick = life.tick(at: settings.clock.now)
                    }
                    if let table, let blocks {
                        unsafe table.withTable {
                            unsafe tiers.setBlocks($0, blocks.layout, placesAreRows: blocks.placesAreRows)
                        }
                    }
                    return unsafe body(&tiers)
                }
            }
        }
    }

    private func run(
        _ tiers: UnsafePointer<mv_tiers>, _ query: [Float], _ rows: [Row], _ result: inout TierLookup
    ) {
        unsafe query.withUnsafeBufferPointer { values in
            var prepared = unsafe mv_query_make(metricCode, values.baseAddress, values.count)
            unsafe rows.withUnsafeBufferPointer { rows in
                // A row is its number and nothing else.
                unsafe rows.withMemoryRebound(to: UInt32.self) { numbers in
                    unsafe result.distances.withUnsafeMutableBufferPointer { distances in
                        unsafe result.foundIn.withUnsafeMutableBufferPointer { found in
                            unsafe result.missingCount = mv_lookup(
                                tiers, &prepared, numbers.baseAddress, numbers.count, distances.baseAddress,
                                found.baseAddress)
                        }
                    }
                }
            }
        }
    }

    /// Rows of a local collection that are in no block yet.
    private func scoreLoose(
        _ query: [Float], _ rows: [Row], in blocks: any BlockSource, _ result: inout TierLookup
    ) {
        for index in rows.indices where result.foundIn[index] == TierPlace.missing.rawValue {
            var distance: Float?
            let found = blocks.withLooseVector(of: rows[index]) { vector in
                distance = self.distance(query, vector)
            }
            guard found, let distance else { continue }
            result.distances[index] = distance
            result.foundIn[index] = TierPlace.block.rawValue
            result.missingCount -= 1
        }
    }

    /// The vector of `row` if RAM or a block holds it.
    public func vector(of row: Row) -> [Float]? {
        if let vector = ram.withVector(of: row, { span in span.indices.map { span[$0] } }) { return vector }
        guard let blocks else { return nil }
        var vector: [Float]?
        BlockVectors(source: blocks, residency: residency).forEachVector(of: [row]) { _, span in
            vector = span.indices.map { span[$0] }
        }
        return vector
    }

    /// The distance of one vector that was fetched: the same number as if it had been found in a tier.
    public func distance(_ query: [Float], _ vector: Span<Float>) -> Float {
        precondition(vector.count == query.count, "\(vector.count) values of dimension \(query.count)")
        return unsafe query.withUnsafeBufferPointer { values in
            var prepared = unsafe mv_query_make(metricCode, values.baseAddress, values.count)
            return unsafe vector.withUnsafeBufferPointer { unsafe mv_distance(&prepared, $0.baseAddress) }
        }
    }

    private var metricCode: Int32 {
        switch settings.metric {
        case .euclidean: Int32(MV_EUCLIDEAN)
        case .cosine: Int32(MV_COSINE)
        }
    }

    private func count(_ result: TierLookup) {
        var inRAM = 0
        for place in result.foundIn where place == TierPlace.ram.rawValue { inRAM += 1 }
        lookups.lookups.wrappingAdd(1, ordering: .relaxed)
        lookups.inRAM.wrappingAdd(inRAM, ordering: .relaxed)
        lookups.inBlocks.wrappingAdd(result.count - inRAM - result.missingCount, ordering: .relaxed)
        lookups.missing.wrappingAdd(result.missingCount, ordering: .relaxed)
    }
}
