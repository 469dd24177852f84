import Formats
import MemVec

/// Puts the records of a file in their order, a batch a transaction; the next batch is read while one is written.
struct ImportRun {
    private let collection: VectorCollection
    private let feed: BatchFeed
    private let batchCount: Int
    private let prefix: String
    /// Every record before this one is in the collection.
    private(set) var done: Int

    init(collection: VectorCollection, feed: BatchFeed, batchCount: Int, prefix: String) {
        self.collection = collection
        self.feed = feed
        self.batchCount = batchCount
        self.prefix = prefix
        done = feed.firstRecord
    }

    /// Few enough that two batches of the widest vectors stay in memory, many enough that a sync is cheap.
    static func batchCount(dimension: Int) -> Int { max(1, min(20_000, (32 << 20) / (4 * dimension))) }

    /// Goes on until the file ends or an interruption is asked for.
    ///
    /// - Parameter tell: after each batch, the number of the record after it.
    /// - Throws: ``FormatError``, ``RecordRefused``, ``Interrupted``, or what the collection throws.
    mutating func toEnd(tell: (Int) -> Void) async throws {
        var waiting = try await feed.next(atMost: batchCount).get()
        // What was read is put before an interruption ends the run: a pipe does not give it twice.
        while let batch = waiting {
            let records = try records(of: batch)
            async let upcoming = feed.next(atMost: batchCount)
            switch await put(records, from: batch.start.record) {
            case .all: done = batch.position.record
            case .before(let record, let error):
                done = record
                // Else the end of this scope would wait for what a silent pipe may never say.
                feed.stop()
                throw error
            }
            tell(done)
            waiting = try await upcoming.get()
        }
        if let interrupted = Interruption.asked { throw interrupted }
    }

    private func records(of batch: VectorBatch) throws -> [VectorRecord] {
        var records: [VectorRecord] = []
        records.reserveCapacity(batch.count)
        for i in 0..<batch.count {
            records.append(
                VectorRecord(
                    key: try batch.key(at: i, prefix: prefix), values: Array(batch.vector(at: i)),
                    metadata: batch.metadata?[i] ?? Metadata()))
        }
        return records
    }

    private enum Written {
        case all
        /// What stands before the record is in the collection.
        case before(Int, any Error)
    }

    private func put(_ records: [VectorRecord], from first: Int) async -> Written {
        do {
            try await collection.put(records)
            return .all
        } catch MemVecError.duplicateKey {
            // Whoever comes last in a file wins, as if each were put for itself.
            do {
                try await collection.put(Self.lastOfEachKey(records))
                return .all
            } catch {
                return await putPiecewise(records[...], from: first, error)
            }
        } catch {
            return await putPiecewise(records[...], from: first, error)
        }
    }

    /// A batch was refused whole. Where one record is at fault it is found by halving, and all before it are put.
    private func putPiecewise(
        _ records: ArraySlice<VectorRecord>, from first: Int, _ error: any Error
    ) async -> Written {
        guard Self.isOfOneRecord(error) else { return .before(first, error) }
        guard records.count > 1 else { return .before(first, RecordRefused(record: first, error: error)) }
        let middle = records.startIndex + records.count / 2
        for half in [records[..<middle], records[middle...]] {
            let start = first + half.startIndex - records.startIndex
            do {
                try await collection.put(Array(half))
            } catch {
                let written = await putPiecewise(half, from: start, error)
                guard case .all = written else { return written }
            }
        }
        return .all
    }

    private static func isOfOneRecord(_ error: any Error) -> Bool {
        if case MemVecError.duplicateKey = error { return true }
        return error is InputError || error is MetadataError
    }

    private static func lastOfEachKey(_ records: [VectorRecord]) -> [VectorRecord] {
        var seen: Set<VectorKey> = []
        return records.reversed().filter { seen.insert($0.key).inserted }.reversed()
    }
}

/// A record that was read well and that the collection does not take.
struct RecordRefused: Error, CustomStringConvertible {
    let record: Int
    let error: any Error
    var description: String { "record \(record): \(error)" }
}
