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
        /// Whether packs are merged without being told to.
        package var mergesByItself = true

        package init() {}
    }

    package nonisolated let limits = ColdLimits()
    package nonisolated let bucket: ObjectBucket
    let prefix: String
    let settings: Settings
    nonisolated let clock: any ColdClock
    private var current: Manifest?
    private var directories: [String: PackDirectory] = [:]
    private var isCommitting = false
    private var committers: [CheckedContinuation<Void, Never>] = []
    private var isMerging = false

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
    package func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        var description = description
        description.creationTime = bucket.wallClock()
        let etag = try await bucket.put(
            name(ObjectManifest.name), ObjectManifest(description).bytes, if: .absent, timeout: timeout)
        guard etag != nil else {
            throw .refused(status: 409, code: "already_exists", message: "there is a collection at \(prefix)")
        }
    }

    package func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        try await manifest(youngerThan: .zero, until: clock.now + timeout).description
    }

    package func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) {
        let deadline = clock.now + timeout
        let description = try await manifest(youngerThan: .seconds(3600), until: deadline).description
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
        try await write(vectors.map { .vector($0) }, until: deadline)
    }

    package func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try Self.check(keys.count, limits.keysPerDelete, "keys", unique: Set(keys).count)
        try await write(keys.map { .deletion($0) }, until: clock.now + timeout)
    }

    // MARK: Manifest and directories

    /// Packs, the newest first, with their directories.
    struct View: Sendable {
        var description: ColdDescription
        var packs: [PackDirectory]
    }

    func view(youngerThan age: Duration, until deadline: Duration) async throws(ColdError) -> View {
        // A pack that is gone was merged by somebody: a newer manifest names the merged one.
        for attempt in 0..<4 {
            let manifest = try await manifest(youngerThan: attempt == 0 ? age : .zero, until: deadline)
            if let packs = try await load(manifest.packs, until: deadline) {
                return View(description: manifest.description, packs: packs.reversed())
            }
        }
        throw .unavailable(status: 404, message: "a pack of the manifest is not there")
    }

    private func manifest(
        youngerThan age: Duration, until deadline: Duration
    ) async throws(ColdError) -> ObjectManifest {
        let now = clock.now
        if let current, now - current.readAt < age { return current.value }
        let known = current
        let object: ObjectBucket.Object?
        if let known {
            object = try await bucket.get(
                name(ObjectManifest.name), ifChangedFrom: known.etag, timeout: deadline - clock.now)
        } else {
            object = try await bucket.get(name(ObjectManifest.name), timeout: deadline - clock.now)
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
    private func load(_ shapes: [PackShape], until deadline: Duration) async throws(ColdError) -> [PackDirectory]? {
        let missing = shapes.filter { directories[$0.name] == nil }
        let loaded = try await concurrently(missing) { [self] (shape) async throws(ColdError) -> PackDirectory? in
            let bytes = try await bucket.get(
                name(shape.name), range: shape.directory, timeout: deadline - clock.now)
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

    private func write(_ records: [PackWriter.Record], until deadline: Duration) async throws(ColdError) {
        let (shape, bytes) = PackWriter.pack(records, name: Self.newName())
        _ = try await bucket.put(name(shape.name), bytes, timeout: deadline - clock.now)
        do throws(ColdError) {
            _ = try await commit(until: deadline) { manifest in
                manifest.packs.append(shape)
                return true
            }
        } catch {
            // If it may be named by a manifest it stays.
            if !error.mayHaveApplied { try? await bucket.delete(name(shape.name), timeout: .seconds(5)) }
            throw error
        }
        directories[shape.name] = try? PackDirectory(Array(bytes[shape.directory]), of: shape)
        if settings.mergesByItself, !isMerging, isMergeDue { Task { try? await merge(timeout: .seconds(300)) } }
    }

    /// Puts a changed manifest in the place of the one that it was made from, as often as that takes.
    /// - Parameter change: false gives up.
    private func commit(
        until deadline: Duration, _ change: (inout ObjectManifest) -> Bool
    ) async throws(ColdError) -> Bool {
        // One at a time in this process: the others would only refuse one another.
        if isCommitting { await withCheckedContinuation { committers.append($0) } } else { isCommitting = true }
        defer { if committers.isEmpty { isCommitting = false } else { committers.removeFirst().resume() } }
        for attempt in 0..<30 {
            _ = try await manifest(youngerThan: attempt == 0 ? .seconds(3600) : .zero, until: deadline)
            guard var next = current else { continue }
            guard change(&next.value) else { return false }
            let etag: String?
            do throws(ColdError) {
                etag = try await bucket.put(
                    name(ObjectManifest.name), next.value.bytes, if: .unchanged(etag: next.etag),
                    timeout: deadline - clock.now)
            } catch {
                // It may be there: what we know of the manifest is nothing now.
                current = nil
                throw error
            }
            if let etag {
                current = Manifest(value: next.value, etag: etag, readAt: clock.now)
                return true
            }
            let pause = Duration.milliseconds(5 * (1 << min(attempt, 7))) * Double.random(in: 0...1)
            guard clock.now + pause < deadline else { break }
            do { try await clock.sleep(for: pause) } catch { throw .cancelled }
        }
        // Nothing of it is seen: what was written is a pack that no manifest names.
        throw .throttled(pause: nil)
    }

    // MARK: Merging

    private var isMergeDue: Bool { current.map { mergeRun($0.value) != nil } ?? false }

    /// The newest packs that are worth merging: each at most twice as large as all after it together, so that a vector
    /// is written again about as often as the number of vectors doubles.
    private func mergeRun(_ manifest: ObjectManifest, isForced: Bool = false) -> Range<Int>? {
        let sizes = manifest.packs.map { $0.byteCount(dimension: manifest.description.dimension) }
        let smallCount = sizes.count { $0 <= settings.smallPackBytes }
        guard sizes.count > 1, isForced || smallCount > settings.packLimit else { return nil }
        if isForced { return 0..<sizes.count }
        var start = sizes.count - 1
        var sum = sizes[start]
        while start > 0, sizes[start - 1] <= settings.smallPackBytes,
            sizes.count - start < 2 || sizes[start - 1] <= 2 * sum
        {
            start -= 1
            sum += sizes[start]
        }
        return sizes.count - start < 2 ? nil : start..<sizes.count
    }

    /// Merges packs into one: those that are due, or all.
    package func merge(all: Bool = false, timeout: Duration) async throws(ColdError) {
        guard !isMerging else { return }
        isMerging = true
        defer { isMerging = false }
        let deadline = clock.now + timeout
        let manifest = try await manifest(youngerThan: .zero, until: deadline)
        guard let run = mergeRun(manifest, isForced: all) else { return }
        let old = Array(manifest.packs[run])
        guard let packs = try await load(old, until: deadline) else { return }
        // A deletion hides what older packs say; where there are none it has nothing to do any more.
        let keepsDeletions = run.lowerBound > 0
        var records: [PackWriter.Record] = []
        var seen: Set<KeyHash> = []
        for pack in packs.reversed() {
            let entries = (0..<pack.count).map { pack[$0] }.filter { seen.insert($0.hash).inserted }
            let wanted = entries.filter { keepsDeletions || !$0.isDeleted }.map {
                Wanted(pack: pack, entry: $0, key: nil)
            }
            guard let found = try await read(wanted, [.values, .metadata], manifest.description, until: deadline) else {
                return
            }
            for (wanted, vector) in zip(wanted, found) {
                records.append(wanted.entry.isDeleted ? .deletion(vector.key) : .vector(vector))
            }
        }
        let (shape, bytes) = PackWriter.pack(records, name: Self.newName())
        _ = try await bucket.put(name(shape.name), bytes, timeout: deadline - clock.now)
        let names = old.map(\.name)
        let isDone = try await commit(until: deadline) { manifest in
            // Others may have written after it, or merged the same.
            guard let start = manifest.packs.firstIndex(where: { $0.name == names.first }),
                manifest.packs[start...].prefix(names.count).map(\.name) == names
            else { return false }
            manifest.packs.replaceSubrange(start..<(start + names.count), with: [shape])
            return true
        }
        for pack in isDone ? names : [shape.name] { try? await bucket.delete(name(pack), timeout: .seconds(10)) }
    }

    package var packCount: Int { current?.value.packs.count ?? 0 }

    nonisolated func name(_ name: String) -> String { "\(prefix)/\(name)" }

    private static func newName() -> String {
        "packs/\(KeyHash(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max)).text)"
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
