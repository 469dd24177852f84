package import Tiers

extension ObjectColdStore {
    /// Merges what is due, and once a day removes what nobody needs.
    func tidy() async {
        // What fails is done after a later write.
        try? await merge(timeout: .seconds(300))
        if let tidiedAt, clock.now - tidiedAt < .seconds(86_400) { return }
        tidiedAt = clock.now
        _ = try? await collectGarbage(timeout: .seconds(300))
    }

    // MARK: Merging

    /// The newest packs that are worth merging: each at most twice as large as all after it together, so that a vector
    /// is written again about as often as the number of vectors doubles.
    func mergeRun(_ manifest: ObjectManifest, isForced: Bool = false) -> Range<Int>? {
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
        let errand = errand(.put, timeout)
        let manifest = try await manifest(youngerThan: .zero, for: errand)
        guard let run = mergeRun(manifest, isForced: all) else { return }
        let old = Array(manifest.packs[run])
        // A deletion hides what older packs say; where there are none it has nothing to do any more.
        guard let packs = try await load(old, for: errand),
            let records = try await records(packs, manifest.description, keepsDeletions: run.lowerBound > 0, errand)
        else { return }
        let (shape, bytes) = PackWriter.pack(records, name: Self.newName())
        _ = try await bucket.put(name(shape.name), bytes, left(errand))
        let names = old.map(\.name)
        let isDone = try await commit(for: errand) { manifest in
            // Others may have written after it, or merged the same.
            guard let start = manifest.packs.firstIndex(where: { $0.name == names.first }),
                manifest.packs[start...].prefix(names.count).map(\.name) == names
            else { return false }
            manifest.packs.replaceSubrange(start..<(start + names.count), with: [shape])
            return true
        }
        for pack in isDone ? names : [shape.name] {
            try? await bucket.delete(name(pack), .init(.delete, .seconds(10)))
        }
    }

    /// What packs, the oldest first, say together; nil if one of them is not there any more.
    private func records(
        _ packs: [PackDirectory], _ description: ColdDescription, keepsDeletions: Bool, _ errand: Errand
    ) async throws(ColdError) -> [PackWriter.Record]? {
        var records: [PackWriter.Record] = []
        var seen: Set<KeyHash> = []
        for pack in packs.reversed() {
            let entries = (0..<pack.count).map { pack[$0] }.filter { seen.insert($0.hash).inserted }
            let wanted = entries.filter { keepsDeletions || !$0.isDeleted }.map {
                Wanted(pack: pack, entry: $0, key: nil)
            }
            guard let found = try await read(wanted, [.values, .metadata], description, for: errand) else { return nil }
            for (wanted, vector) in zip(wanted, found) {
                records.append(wanted.entry.isDeleted ? .deletion(vector.key) : .vector(vector))
            }
        }
        return records
    }

    // MARK: Garbage

    /// Removes packs that no manifest names: of writers that ended between a pack and its manifest.
    ///
    /// - Parameter age: by the server's clock. A younger pack may be one whose manifest is about to be written.
    /// - Returns: how many were removed.
    @discardableResult package func collectGarbage(
        olderThan age: Duration = .seconds(3600), timeout: Duration
    ) async throws(ColdError) -> Int {
        let errand = errand(.delete, timeout)
        let (objects, now) = try await bucket.list(prefix: name(Self.packFolder), left(errand))
        // Read after the listing: it names whatever of that was written in time.
        let manifest = try await manifest(youngerThan: .zero, for: errand)
        let named = Set(manifest.packs.map { name($0.name) })
        var count = 0
        for object in objects where !named.contains(object.name) && object.modifiedAt + age.inSeconds <= now {
            // Nothing but what this type has named.
            guard KeyHash(String(object.name.dropFirst(name(Self.packFolder).count))) != nil else { continue }
            try await bucket.delete(object.name, left(errand))
            count += 1
        }
        return count
    }
}
