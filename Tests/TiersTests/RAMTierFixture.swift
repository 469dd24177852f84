import Storage
import Testing
import Vectors

@testable import Tiers

/// A RAM tier over rows whose vectors are told from their number: value i of row r is r * 7 + i.
struct RAMFixture {
    let tier: RAMTier
    let residency: ResidencyTable
    let live: LiveRows
    let gate: EpochGate
    let dimension: Int

    init(
        slots: Int, rows: Int, dimension: Int = 8, eviction: EvictionPolicyKind = .s3fifo, patience: Int = 0,
        pinShare: Double = 0.5, takenOut: @escaping @Sendable (Row, Span<Float>) -> Void = { _, _ in }
    ) throws {
        self.dimension = dimension
        residency = try ResidencyTable()
        live = try LiveRows()
        gate = EpochGate()
        if rows > 0 { try residency.grow(through: Row(UInt32(rows - 1))) }
        for row in 0..<rows { try live.set(Row(UInt32(row)), live: true) }
        var settings = RAMTier.Settings(
            dimension: dimension, budgetBytes: slots * Slab.stride(dimension: dimension) * 4)
        settings.eviction = eviction
        settings.slotPatience = patience
        settings.pinShare = pinShare
        tier = try RAMTier(settings, residency: residency, live: live, gate: gate, takenOut: takenOut)
    }

    /// Lets one row in as a query that used it would, or counts the use. Whether it was there.
    @discardableResult
    func use(_ row: UInt32) -> Bool {
        if residency.slot(of: Row(row)) != nil {
            tier.touch(Row(row))
            return true
        }
        tier.admitNow([Row(row)], from: PatternVectors(dimension: dimension))
        return false
    }

    func kill(_ row: UInt32) throws {
        try live.set(Row(row), live: false)
        tier.remove([Row(row)])
    }
}

/// The pattern vectors of ``RAMFixture``, for any row.
struct PatternVectors: VectorSource {
    let dimension: Int

    static func value(_ row: Row, _ i: Int) -> Float { Float(row.number) * 7 + Float(i) }
    static func vector(_ row: Row, dimension: Int) -> [Float] { (0..<dimension).map { value(row, $0) } }
    static func matches(_ vector: Span<Float>, _ row: Row) -> Bool {
        for i in 0..<vector.count where vector[i] != value(row, i) { return false }
        return true
    }

    func forEachVector(of rows: [Row], _ body: (Int, Span<Float>) -> Void) {
        for (index, row) in rows.enumerated() {
            body(index, Self.vector(row, dimension: dimension).span)
        }
    }
}
