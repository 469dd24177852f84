package import Tiers
package import Vectors

/// A collection in plain S3, or any server that has its conditional writes, as a cold store: for those without S3
/// Vectors.
///
/// Vectors lie in packs that are written once; a manifest names them, the oldest first, and a later pack counts before
/// an earlier one. A write is a new pack and then a new manifest, put in place only if nobody else did so meanwhile;
/// until then nobody sees it, so it is all or nothing. The directories of all packs are kept in memory, 40 bytes a
/// vector; a fetch is one ranged GET for each pack and neighbourhood. Small packs are merged once there are too many.
///
/// A reader looks for another writer's manifest at most once a ``Settings/manifestAge``.
package actor ObjectColdStore: ColdStore {
    /// For what requests are sent, and until when.
    struct Errand: Sendable {
        let operation: ColdOperation
        /// On the store's clock.
        let deadline: Duration
    }

    package struct Settings: Sendable {
        /// How old the manifest may be that a fetch or a query goes by.
        package var manifestAge = Duration.seconds(1)
        /// So many small packs are merged.
        package var packLimit = 24
        package var smallPackBytes = 64 << 20
        /// Bytes between two records that are read along rather than by another request.
        package var gapBytes = 64 << 10
        /// Of one request.
        package var readBytes = 8 << 20
        /// Whether packs are merged, and those that no manifest names removed, without being told to.
        package var mergesByItself = true

        package init() {}
    }

    /// No operation takes longer, whatever its timeout is: a pack that no manifest names after an hour will never be
    /// named.
    private static let longestErrand = Duration.seconds(900)

    package nonisolated let limits = ColdLimits()
    package nonisolated let bucket: ObjectBucket
    let prefix: String
    let settings: Settings
    nonisolated let clock: any ColdClock
    private var current: Manifest?
    /// Whether If-Match names a tag without its quotes: Ceph's gateway compares it so, against the standard.
    private var sendsBareTags = false
    private var directories: [String: PackDirectory] = [:]
    private var isCommitting = false
    private var committers: [CheckedContinuation<Void, Never>] = []
    var isMerging = false
    /// When packs that no manifest names were looked for last.
    var tidiedAt: Duration?

    private struct Manifest {
        var value: ObjectManifest
        var etag: String
        var readAt: Duration
    }

    /// - Parameter prefix: of the names of all objects, without slashes at its ends.
    package init(
        _ bucket: ObjectBucket, prefix: String, _ settings: Settings = Settings(), clock: any ColdClock = SystemClock()
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.settings = settings
        self.clock = clock
    }

    /// The bucket must be there.
    /// - Throws: also ``ColdError/refused(status:code:message:)`` with status 501 where the server does not keep the
    ///   conditions of writes: two writers there would lose one another's vectors.
    package func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        let errand = errand(.create, timeout)
        var description = description
        description.creationTime = bucket.wallClock()
        let bytes = ObjectManifest(description).bytes
        let name = name(ObjectManifest.name)
        guard let etag = try await bucket.put(name, bytes, if: .absent, left(errand)) else {
            throw .refused(status: 409, code: "already_exists", message: "there is a collection at \(prefix)")
        }
        let foreign = "\"\(String(etag.filter { $0 != "\"" }.reversed()))0\""
        for condition in [ObjectBucket.Condition.absent, .unchanged(etag: foreign)] {
            guard try await bucket.put(name, bytes, if: condition, left(errand)) == nil else {
                try? await bucket.delete(name, left(errand))
                throw .refused(
                    status: 501, code: "no_conditional_writes",
                    message: "the server at \(bucket.url) writes objects whatever If-Match and If-None-Match say")
            }
        }
    }

    func errand(_ operation: ColdOperation, _ timeout: Duration) -> Errand {
        Errand(operation: operation, deadline: clock.now + min(timeout, Self.longestErrand))
    }

    nonisolated func left(_ errand: Errand) -> ObjectBucket.Errand {
        ObjectBucket.Errand(errand.operation, errand.deadline - clock.now)
    }

    package func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await manifest(youngerThan: .zero, for: errand(.describe, timeout)).description
    }

    package func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        let errand = errand(.put, timeout)
        let description = try await manifest(youngerThan: .seconds(3600), for: errand).description
        try Self.check(vectors.count, limits.vectorsPerPut, "vectors", unique: Set(vectors.map(\.key)).count)
        for vector in vectors {
            do throws(InputError) {
                try InputVector.check(
                    vector.values ?? [], dimension: description.dimension, metric: description.metric,
                    key: vector.key.text)
            } catch {
                throw .refused(status: 400, code: "ValidationException", message: "\(error)")
            }
        }
        try await write(vectors.map { .vector($0) }, for: errand)
    }

    package func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try Self.check(keys.count, limits.keysPerDelete, "keys", unique: Set(keys).count)
        try await write(keys.map { .deletion($0) }, for: errand(.delete, timeout))
    }

    // MARK: Manifest and directories

    /// Packs, the newest first, with their directories.
    struct View: Sendable {
        var description: ColdDescription
        var packs: [PackDirectory]
    }

    func view(youngerThan age: Duration, for errand: Errand) async throws(ColdError) -> View {
        // A pack that is gone was merged by somebody: a newer manifest names the merged one.
        for attempt in 0..<4 {
            let manifest = try await manifest(youngerThan: attempt == 0 ? age : .zero, for: errand)
            if let packs = try await load(manifest.packs, for: errand) {
                return View(description: manifest.description, packs: packs.reversed())
            }
        }
        throw .unavailable(status: 404, message: "a pack of the manifest is not there")
    }

    func manifest(
        youngerThan age: Duration, for errand: Errand
    ) async throws(ColdError) -> ObjectManifest {
        let now = clock.now
        if let current, now - current.readAt < age { return current.value }
        let known = current
        let object: ObjectBucket.Object?
        if let known {
            object = try await bucket.get(
                name(ObjectManifest.name), ifChangedFrom: known.etag, left(errand))
        } else {
            object = try await bucket.get(name(ObjectManifest.name), left(errand))
            guard object != nil else {
                throw .refused(
                    status: 404, code: "NotFoundException", message: "there is no collection at \(prefix)")
            }
        }
        guard let object else {
            // Unless a commit of ours has put a newer one there meanwhile.
            if current?.etag == known?.etag { current?.readAt = now }
            return (current ?? known)?.value ?? ObjectManifest(ColdDescription(dimension: 1, metric: .cosine))
        }
        let value = try ObjectManifest(object.bytes)
        if (current?.readAt ?? now) <= now { current = Manifest(value: value, etag: object.etag, readAt: now) }
        return value
    }

    /// Nil if one of them is not there any more.
    func load(_ shapes: [PackShape], for errand: Errand) async throws(ColdError) -> [PackDirectory]? {
        let missing = shapes.filter { directories[$0.name] == nil }
        let loaded = try await concurrently(missing) { [self] (shape) async throws(ColdError) -> PackDirectory? in
            let bytes = try await bucket.get(
                name(shape.name), range: shape.directory, left(errand))
            guard let bytes else { return nil }
            return try PackDirectory(bytes, of: shape)
        }
        for directory in loaded { if let directory { directories[directory.shape.name] = directory } }
        guard !loaded.contains(where: { $0 == nil }) else { return nil }
        let named = Set(shapes.map(\.name))
        if directories.count > 2 * named.count + 16 { directories = directories.filter { named.contains($0.key) } }
        return shapes.compactMap { directories[$0.name] }
    }

    // MARK: Writing

    private func write(_ records: [PackWriter.Record], for errand: Errand) async throws(ColdError) {
        let (shape, bytes) = PackWriter.pack(records, name: Self.newName())
        _ = try await bucket.put(name(shape.name), bytes, left(errand))
        do throws(ColdError) {
            _ = try await commit(for: errand) { manifest in
                manifest.packs.append(shape)
                return true
            }
        } catch {
            // If it may be named by a manifest it stays.
            if !error.mayHaveApplied {
                try? await bucket.delete(name(shape.name), .init(errand.operation, .seconds(5)))
            }
            throw error
        }
        directories[shape.name] = try? PackDirectory(Array(bytes[shape.directory]), of: shape)
        if settings.mergesByItself, !isMerging, isMergeDue { Task { await tidy() } }
    }

    /// Puts a changed manifest in the place of the one that it was made from, as often as that takes.
    /// - Parameter change: false gives up.
    func commit(
        for errand: Errand, _ change: (inout ObjectManifest) -> Bool
    ) async throws(ColdError) -> Bool {
        // One at a time in this process: the others would only refuse one another.
        if isCommitting { await withCheckedContinuation { committers.append($0) } } else { isCommitting = true }
        defer { if committers.isEmpty { isCommitting = false } else { committers.removeFirst().resume() } }
        var refusedTag: String?
        for attempt in 0..<30 {
            _ = try await manifest(youngerThan: attempt == 0 ? .seconds(3600) : .zero, for: errand)
            guard var next = current else { continue }
            // Refused, and nobody has written: the server did not know the tag for its own.
            if next.etag == refusedTag { sendsBareTags.toggle() }
            guard change(&next.value) else { return false }
            let etag: String?
            do throws(ColdError) {
                etag = try await bucket.put(
                    name(ObjectManifest.name), next.value.bytes, if: .unchanged(etag: spelled(next.etag)),
                    left(errand))
            } catch {
                // It may be there: what we know of the manifest is nothing now.
                current = nil
                throw error
            }
            if let etag {
                current = Manifest(value: next.value, etag: etag, readAt: clock.now)
                return true
            }
            refusedTag = next.etag
            let pause = Duration.milliseconds(5 * (1 << min(attempt, 7))) * Double.random(in: 0...1)
            guard clock.now + pause < errand.deadline else { break }
            do { try await clock.sleep(for: pause) } catch { throw .cancelled }
        }
        // Nothing of it is seen: what was written is a pack that no manifest names.
        throw .throttled(pause: nil)
    }

    private func spelled(_ etag: String) -> String { sendsBareTags ? etag.filter { $0 != "\"" } : etag }

    package var packCount: Int { current?.value.packs.count ?? 0 }
    var isMergeDue: Bool { current.map { mergeRun($0.value) != nil } ?? false }

    nonisolated func name(_ name: String) -> String { "\(prefix)/\(name)" }

    static let packFolder = "packs/"

    static func newName() -> String {
        "\(packFolder)\(KeyHash(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max)).text)"
    }

    static func check(_ count: Int, _ limit: Int, _ what: String, unique: Int) throws(ColdError) {
        guard (1...limit).contains(count) else {
            throw .refused(
                status: 400, code: "ValidationException", message: "\(count) \(what); allowed: 1 to \(limit)")
        }
        guard unique == count else {
            throw .refused(
                status: 400, code: "ValidationException", message: "Request must not contain duplicate keys")
        }
    }
}
