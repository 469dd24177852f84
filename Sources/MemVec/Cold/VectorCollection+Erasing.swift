internal import Storage
internal import Tiers

extension VectorCollection {
    /// Erases the index that the collection in `folder` stands in front of, with all its vectors; the folder stays.
    /// One that is gone already is fine, so this may be repeated.
    ///
    /// Nothing that has the collection open for writing may be left.
    /// - Throws: ``MemVecError/notErased(address:why:)`` when the store has no such operation or refuses it;
    ///   ``MemVecError/anotherIndex(address:)`` when somebody has made the index anew since it was attached: that one
    ///   is not this collection's to erase. ``MemVecError/cold(_:)`` when it does not answer: then it may be done.
    public static func eraseRemote(of folder: String) async throws {
        var options = OpenOptions()
        options.isReadOnly = true
        let collection = try await open(at: folder, options: options)
        do {
            let engine = try collection.engine()
            try await engine.eraseRemote(try collection.remote(engine))
        } catch {
            try? await collection.close()
            throw error
        }
        try await collection.close()
    }
}

extension Engine {
    fileprivate func eraseRemote(_ cold: ColdSide) async throws {
        let store = cold.store, caller = cold.caller, address = file.cold ?? ""
        do {
            let there = try await caller.call { timeout throws(ColdError) in try await store.describe(timeout: timeout)
            }
            if let known = try remoteNote(), known.creationTime != there.creationTime {
                throw MemVecError.anotherIndex(address: address)
            }
            try await caller.call(isWrite: true) { timeout throws(ColdError) in try await store.erase(timeout: timeout)
            }
        } catch ColdError.refused(status: 404, _, _) {
            // It is gone already.
        } catch ColdError.refused(_, _, let message) {
            throw MemVecError.notErased(address: address, why: message)
        } catch let error as ColdError {
            throw MemVecError.cold("\(error)")
        }
    }
}
