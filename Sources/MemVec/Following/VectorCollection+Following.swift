internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

extension VectorCollection {
    /// Parts into which a listing is split when nobody says otherwise. All are read side by side; each costs half a
    /// page in the mean, and one more where a run is killed.
    public static let listingSegments = 2

    /// Whether an attach was begun and has not come to its end.
    public var isAttaching: Bool { (try? engine().isAttaching) ?? false }

    /// Whether an attach or a sync is under way.
    package var isCompared: Bool { isFollowing.load(ordering: .relaxed) }

    /// Runs an attach or a sync: one at a time, in front of the cold store's index that was attached.
    ///
    /// - Throws: ``InputError`` for `segments`, ``MemVecError/alreadyFollowing``, ``MemVecError/notRemote(folder:)``,
    ///   ``MemVecError/anotherIndex(address:)``, and what `body` throws.
    func following<R>(
        segments: Int, _ body: (Engine, ColdSide, RemoteNote) async throws -> R
    ) async throws -> R {
        guard (1...16).contains(segments) else {
            throw InputError.outOfRange(name: "segments", value: "\(segments)", allowed: "1 to 16")
        }
        guard isFollowing.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            throw MemVecError.alreadyFollowing
        }
        defer { isFollowing.store(false, ordering: .releasing) }
        let engine = try writableEngine(), cold = try remote(engine)
        return try await body(engine, cold, try await currentNote(engine, cold))
    }

    /// - Throws: ``MemVecError/notRemote(folder:)``.
    func remote(_ engine: Engine) throws -> ColdSide {
        guard let cold = engine.cold else { throw MemVecError.notRemote(folder: folder) }
        return cold
    }

    /// The note of the cold store, made if there was none.
    private func currentNote(_ engine: Engine, _ cold: ColdSide) async throws -> RemoteNote {
        let there = try await cold.description()
        let note = try engine.remoteNote() ?? RemoteNote(creationTime: there.creationTime)
        guard there.dimension == dimension, there.metric == metric, note.creationTime == there.creationTime else {
            throw MemVecError.anotherIndex(address: file.cold ?? "")
        }
        return note
    }
}
