import Storage
import Tiers
import Vectors
import Workload

/// 200 candidates looked up and scored by one thread: all in RAM slots, and all in blocks whose pages are resident.
enum TierLookups {
    static let dimension = 128, rowCount = 200_000, candidateCount = 200

    static func measure(in folder: String) throws {
        defer { try? Files.remove(folder) }
        let shape = Store.Shape(dimension: dimension, holdsVectors: true, generation: 1, hashSeed: 1)
        let store = try Store(folder: folder, shape: shape, access: .create, mapBytes: 1 << 30)
        var random = SplitMix64(seed: 1)
        var values: [Float] = []
        for start in stride(from: 0, to: rowCount, by: 10_000) {
            let puts = try (start..<start + 10_000).map { row in
                let vector = (0..<dimension).map { _ in random.normal() }
                values += vector
                return StoreWriter.Put(
                    key: try VectorKey("\(row)"), values: vector, fingerprint: Fingerprint(of: vector),
                    encodedMetadata: Metadata().encoded, postings: [])
            }
            _ = try store.write { writer in try writer.putMany(puts) }
        }
        let gate = EpochGate()
        for isInRAM in [true, false] {
            let budget = isInRAM ? 2 * 4 * dimension * rowCount : 0
            let ram = RAMTier.Settings(dimension: dimension, budgetBytes: budget)
            let stack = try TierStack(
                TierStack.Settings(metric: .euclidean, ram: ram), base: .local(store), live: store.live, gate: gate,
                rowCount: rowCount)
            let rows = (0..<rowCount).map { Row(UInt32($0)) }
            if isInRAM {
                _ = stack.ram.admitNow(rows, from: RowVectors(rows: rows, values: values, dimension: dimension))
            }
            let time = try time(stack, &random, expecting: isInRAM ? .ram : .block)
            let bar = isInRAM ? 0.07 : 0.08
            Report.line(
                "200 of \(rowCount) rows x \(dimension) looked up and scored, \(isInRAM ? "RAM" : "warm, resident")",
                time, "ms", bar: "<= \(bar)", isKept: time <= bar)
            stack.close()
        }
    }

    /// Milliseconds, the median of 2,000 lookups of random rows after 500 others.
    private static func time(
        _ stack: TierStack, _ random: inout SplitMix64, expecting place: TierPlace
    ) throws -> Double {
        let query = (0..<dimension).map { _ in random.normal() }
        var result = TierLookup(), times: [Double] = []
        for round in 0..<2500 {
            let rows = (0..<candidateCount).map { _ in Row(UInt32(random.below(rowCount))) }
            let took = try Report.milliseconds { try stack.lookup(query, rows, into: &result) }
            precondition(rows.indices.allSatisfy { result.place(at: $0) == place }, "not where it should be")
            if round >= 500 { times.append(took) }
        }
        return Report.median(times)
    }
}
