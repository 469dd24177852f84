internal import Router
internal import Storage
internal import Tiers
internal import Vectors

/// Reads that the cold store answers: what it holds *now*, also under keys that are not known here.
extension VectorCollection {
    /// Whether every key that the cold store had was taken over once; never of a local collection.
    package var isAttached: Bool {
        get throws { try engine().remoteNote().map { $0.isAttached && $0.segments.isEmpty } ?? false }
    }

    /// Whether every vector is to be at hand here: of a local collection, and of a mirror that has been attached.
    /// Others know what somebody else writes into the cold store from a sync, or when they come upon it.
    package var holdsEverything: Bool {
        get throws { try !isRemote || settings.isMirror && isAttached }
    }

    /// What the cold store holds under `keys`, in their order; nil for a key that it does not have.
    ///
    /// Keys that it has otherwise than this collection are taken over afterwards, as those that queries come upon.
    /// - Returns: the records, and what they cost: one call per 100 keys.
    /// - Throws: ``MemVecError/notRemote(folder:)``, ``MemVecError/cold(_:)``.
    package func getThrough(
        _ keys: [String], wantsVectors: Bool, wantsMetadata: Bool
    ) async throws -> (records: [VectorRecord?], use: Provenance.ColdUse) {
        let checked = try keys.map { try VectorKey($0) }
        let engine = try engine(), cold = try remote(engine)
        var seen: Set<VectorKey> = [], found: [VectorKey: VectorRecord] = [:], use = Provenance.ColdUse()
        let asked = checked.filter { seen.insert($0).inserted }
        let limit = cold.store.limits.keysPerFetch
        for start in stride(from: 0, to: asked.count, by: limit) {
            let part = Array(asked[start..<min(start + limit, asked.count)])
            for vector in try await cold.fetch(part, ColdParts(wantsVectors, wantsMetadata)) {
                found[vector.key] = VectorRecord(vector)
            }
            use.requestCount += 1
            use.keyCount += part.count
            use.dollars += cold.costs?.fetchPrice ?? 0
        }
        try engine.noteForeign(asked, found, comparesVectors: wantsVectors, comparesMetadata: wantsMetadata)
        return (checked.map { found[$0] }, use)
    }

    /// A page of the cold store's own listing.
    ///
    /// - Parameters:
    ///   - token: from the page before; nil for the first. It is the store's.
    ///   - segment: less than `segmentCount`. Where the store cannot split so often the first holds everything.
    /// - Throws: ``MemVecError/notRemote(folder:)``, ``MemVecError/cold(_:)``.
    package func listThrough(
        limit: Int, after token: String?, segment: Int, of segmentCount: Int, wantsVectors: Bool, wantsMetadata: Bool
    ) async throws -> (records: [VectorRecord], next: String?) {
        let cold = try remote(engine())
        let splits = segmentCount <= cold.store.limits.segments
        guard splits || segment == 0 else { return ([], nil) }
        let page = try await cold.page(
            ColdParts(wantsVectors, wantsMetadata), after: token,
            of: splits ? .init(index: segment, of: segmentCount) : .init(index: 0, of: 1), limit: limit)
        return (page.vectors.map { VectorRecord($0) }, page.nextToken)
    }
}

extension Engine {
    /// Has keys looked after that the cold store has otherwise than this collection.
    fileprivate func noteForeign(
        _ asked: [VectorKey], _ found: [VectorKey: VectorRecord], comparesVectors: Bool, comparesMetadata: Bool
    ) throws {
        // An attach meets all of them.
        guard !isAttaching else { return }
        let others = try store.read { reader in
            try asked.filter { key in
                let row = try reader.row(of: key)
                guard let row, let theirs = found[key], let ours = try reader.record(of: row) else {
                    return (row != nil) != (found[key] != nil)
                }
                if comparesVectors, Fingerprint(of: theirs.values) != ours.fingerprint { return true }
                return try comparesMetadata && Metadata(encoded: ours.encodedMetadata) != theirs.metadata
            }
        }
        foreign.note(others)
    }
}

extension ColdParts {
    fileprivate init(_ wantsVectors: Bool, _ wantsMetadata: Bool) {
        self = []
        if wantsVectors { insert(.values) }
        if wantsMetadata { insert(.metadata) }
    }
}

extension VectorRecord {
    fileprivate init(_ vector: ColdVector) {
        self.init(key: vector.key, values: vector.values ?? [], metadata: vector.metadata ?? Metadata())
    }
}
