import ArgumentParser
import Foundation
import MemVec
import S3Vectors

/// The collection that a load test asks, and how each of its cells begins from the same state.
///
/// A local collection is opened read-only, with nothing in RAM. One in front of a store is copied for each cell, as a
/// backup copies it: the tiers, the heat and what audits told stay behind, and the collection itself is as it was.
struct BenchStand {
    enum Store: String {
        /// No store: all vectors are on the SSD.
        case none
        /// A collection that plays the store, charged as S3 Vectors.
        case simulated
        /// What the collection's address names.
        case real
    }

    /// Where nothing else is asked: as much as holds some blocks.
    private static let leastWarmBytes = 1 << 20

    /// What is opened, or copied.
    let source: String
    let store: Store
    /// A local collection with the same vectors, for exact answers; nil where there is none.
    let exact: String?
    let rowCount: Int
    let dimension: Int
    /// The cold store's address.
    let address: String?
    private let work: String
    private let prices: PriceTable
    private let simulatedLatency: String?
    private let warmPercent: Double?
    /// Settings of every cell, by name.
    private let changes: [String: String]

    struct Choices {
        var simulatedLatency: String?
        /// Of the vectors; nil: the collection's own setting, or 20 where the store is simulated.
        var warmPercent: Double?
        var changes: [String: String] = [:]
        var prices = PriceTable()
    }

    /// - Parameter work: a folder for copies, and for a collection in front of a simulated store.
    init(_ folder: String, work: String, _ choices: Choices) async throws {
        prices = choices.prices
        simulatedLatency = choices.simulatedLatency
        changes = choices.changes
        self.work = work
        let own = try VectorCollection.coldAddress(of: folder)
        if let own, !own.hasPrefix("local:"), simulatedLatency != nil {
            throw ValidationError("--simulate-latency: \(folder) is in front of \(own); leave it out to ask that")
        }
        var warm = choices.warmPercent
        if own == nil, simulatedLatency != nil {
            source = try await BenchFront(of: folder, in: work).make()
            exact = folder
            warm = warm ?? 20
        } else {
            source = folder
            exact = own == nil ? folder : own.flatMap { $0.hasPrefix("local:") ? String($0.dropFirst(6)) : nil }
        }
        warmPercent = warm
        address = try VectorCollection.coldAddress(of: source)
        store = address == nil ? .none : address?.hasPrefix("local:") == true ? .simulated : .real
        (rowCount, dimension) = try await Self.reading(source) { collection in
            let statistics = try collection.statistics()
            if let intents = statistics.remote?.intentCount, intents > 0 {
                throw ValidationError(
                    "\(folder) has \(NumberText.counted(intents, "write")) that its remote has not confirmed, and a "
                        + "copy would send them again: see memvec intents \(folder)")
            }
            return (statistics.liveCount, statistics.dimension)
        }
        guard rowCount > 0 else { throw ValidationError("\(folder) holds no vectors") }
    }

    static func reading<R>(_ folder: String, _ body: (VectorCollection) async throws -> R) async throws -> R {
        try await CommonOptions.withCollection(at: folder, readOnly: true, body)
    }

    /// US dollars that `queryCount` queries can cost at a real store, if each fetches in two calls; nil for others.
    func mostDollars(queryCount: Int) -> Double? {
        store == .real ? Double(queryCount) * 2 * prices.request : nil
    }

    /// Opens the collection as `cell` has it, from the state in which every cell begins, and takes all away afterwards.
    func asking<R>(_ cell: BenchCell, _ body: (VectorCollection) async throws -> R) async throws -> R {
        let vectorBytes = 4 * dimension
        var changes = changes
        changes["ram-budget"] = "\(max(1, Int(Double(rowCount) * cell.cachePercent / 100)) * vectorBytes)B"
        if let simulatedLatency { changes["simulate-latency"] = simulatedLatency }
        if store != .none, let warmPercent {
            let bytes = Int(Double(rowCount * (vectorBytes + 16)) * warmPercent / 100)
            changes["warm-budget"] = "\(max(Self.leastWarmBytes, bytes))B"
        }
        return try await opened(changes, body)
    }

    /// Opens it so that all candidates can be had, without a wait where the store is simulated.
    func askingAll<R>(_ body: (VectorCollection) async throws -> R) async throws -> R {
        var changes = changes
        if store == .simulated { changes["simulate-latency"] = "off" }
        return try await opened(changes, body)
    }

    private func opened<R>(_ changes: [String: String], _ body: (VectorCollection) async throws -> R) async throws -> R
    {
        var options = OpenOptions()
        options.changes = changes
        options.rebuildsIndex = false
        guard store != .none else {
            options.isReadOnly = true
            return try await closing(VectorCollection.open(at: source, options: options), body)
        }
        options.localPrices = prices
        options.readsLocalOnly = true
        let copy = work + "/cell"
        try remove(copy)
        try await Self.reading(source) { try await $0.backup(to: copy) }
        let result = try await closing(VectorCollection.open(at: copy, options: options), body)
        try remove(copy)
        return result
    }

    private func closing<R>(
        _ collection: VectorCollection, _ body: (VectorCollection) async throws -> R
    ) async throws -> R {
        for note in collection.openingNotes { Terminal.complain(note) }
        do {
            let result = try await body(collection)
            try await collection.close()
            return result
        } catch {
            // The first error is the one that matters.
            try? await collection.close()
            throw error
        }
    }

    private func remove(_ folder: String) throws {
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    }
}
