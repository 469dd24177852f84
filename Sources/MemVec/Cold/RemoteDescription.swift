internal import Storage
internal import Tiers
public import Vectors

/// What a remote says of itself before a collection is made in front of it.
public struct RemoteDescription: Sendable {
    /// Values of each vector.
    public let dimension: Int
    /// The distance that the remote goes by.
    public let metric: Metric
    /// Metadata keys that no filter may name there.
    public let nonFilterableKeys: [String]
    /// US dollars of one page of a listing; 0 where nothing is charged.
    public let pageDollars: Double
    /// The day of the prices; empty where nothing is charged.
    public let priceDate: String
    let vectorsPerPage: Int

    /// Pages that a listing of so many vectors takes at least: a page holds at most about 1 MiB of values.
    public func pages(for count: Int) -> Double {
        let perPage = min(Double(vectorsPerPage), Double(1 << 20) / Double(4 * dimension))
        return (Double(count) / max(1, perPage)).rounded(.up)
    }
}

extension VectorCollection {
    /// Asks the remote at `address` what it is.
    ///
    /// - Throws: ``MemVecError/cold(_:)``, or ``InputError/outOfRange(name:value:allowed:)`` for an address that nobody
    ///   understands.
    public static func look(at address: String, settings: CollectionSettings) async throws -> RemoteDescription {
        var options = OpenOptions()
        options.isReadOnly = true
        let side = try await ColdSide.open(address, settings, options)
        let there = try await side.description()
        try await side.behind?.close()
        return RemoteDescription(
            dimension: there.dimension, metric: there.metric, nonFilterableKeys: there.nonFilterableKeys,
            pageDollars: side.costs?.pagePrice ?? 0, priceDate: side.costs?.meter.prices.date ?? "",
            vectorsPerPage: side.store.limits.vectorsPerPage)
    }

    /// Whether an index with vectors is at `address`; false where none is. One page of a listing.
    ///
    /// - Throws: ``MemVecError/cold(_:)``, ``InputError``.
    public static func holdsVectors(at address: String, settings: CollectionSettings) async throws -> Bool {
        var options = OpenOptions()
        options.isReadOnly = true
        let side = try await ColdSide.open(address, settings, options)
        let wanted = ColdListRequest([], limit: 1)
        do throws(ColdError) {
            let page = try await side.caller.call { timeout throws(ColdError) in
                try await side.store.list(wanted, timeout: timeout)
            }
            try? await side.behind?.close()
            return !page.vectors.isEmpty
        } catch .refused(status: 404, _, _) {
            return false
        } catch {
            throw MemVecError.cold("\(error)")
        }
    }

    /// The address of the remote that the collection in `folder` stands in front of; nil for a local one.
    ///
    /// - Throws: `StorageError.notACollection`.
    public static func coldAddress(of folder: String) throws -> String? {
        try CollectionFile.read(folder: folder).cold
    }
}
