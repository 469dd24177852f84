internal import Router
internal import Storage
internal import Synchronization
internal import Tiers
public import Vectors

/// A collection of vectors in a folder: put, get, query, delete, from as many tasks as you like.
///
///     let collection = try await VectorCollection.create(
///         at: "news", CollectionConfiguration(dimension: 384, metric: .cosine))
///     try await collection.put([VectorRecord(key: "doc-17", values: vector)])
///     let answer = try await collection.query(vector, k: 10)
///
/// One process writes a folder; others may open it read-only beside it. Close it, or let the last reference go: what
/// was acknowledged is on disk in any case.
public final class VectorCollection: Sendable {
    /// Where it lives.
    public let folder: String
    /// What was wrong at opening and has been mended or left out, in words for people; empty when all was well.
    public let openingNotes: [String]

    let file: CollectionFile
    let isReadOnly: Bool
    let settingsBox: Mutex<CollectionSettings>
    let engineBox: Mutex<Engine>
    let lock: Mutex<FolderLock?>
    let isClosed = Atomic<Bool>(false)
    let training = TrainingGuard()
    let writeGate = WriteGate()
    let isCompacting = Atomic<Bool>(false)
    /// An attach or a sync is under way.
    let isFollowing = Atomic<Bool>(false)
    /// The address space that was asked for.
    let mapBytes: Int?
    /// Which memvec.json a read-only open has followed.
    private let followed: Mutex<Files.Identity?>
    private let upkeep = Mutex<Task<Void, Never>?>(nil)

    /// Makes a new collection in a folder that is not there or is empty.
    ///
    /// - Throws: ``InputError``, `StorageError.alreadyExists`, `StorageError`.
    public static func create(
        at folder: String, _ configuration: CollectionConfiguration, options: OpenOptions = OpenOptions()
    ) async throws -> VectorCollection {
        try configuration.settings.policy.check(for: configuration.metric)
        if let cold = configuration.cold { try await ColdSide.check(cold, configuration, options) }
        try checkIsFree(folder)
        try Files.makeFolder(folder)
        let file = CollectionFile(
            dimension: configuration.dimension, metric: configuration.metric,
            nonFilterableKeys: configuration.nonFilterableKeys, cold: configuration.cold,
            settings: configuration.settings.saved)
        let generation = file.generationFolder(in: folder)
        try withExtendedLifetime(try FolderLock(folder: folder)) {
            try Files.makeFolder(generation)
            try Files.writeAtomically([], to: generation + "/" + creationMark)
            try Files.makeFolder(generation + "/index")
            try Files.remove(generation + "/store")
            let store = try Store(
                folder: generation + "/store", shape: Engine.shape(file), access: .create, mapBytes: options.mapBytes)
            if !configuration.textFields.isEmpty {
                try store.prepareText()
                try store.write { try add(configuration.textFields, $0) }
            }
            // The file comes last: a folder without it is not a collection, and what is in it may be made again.
            FaultPoint.reached("create.folders")
            try file.write(folder: folder)
            try Files.remove(generation + "/" + creationMark)
        }
        return try await open(at: folder, options: options)
    }

    /// Stands in a generation's folder until the collection is there: what a killed creation left may be made anew, and
    /// what has only lost its memvec.json may not.
    private static let creationMark = "creating"

    /// A folder that is empty, or where a creation was killed before the collection was there.
    private static func checkIsFree(_ folder: String) throws {
        let left = Files.names(in: folder), inside = Files.names(in: folder + "/g1")
        let isFree =
            left.allSatisfy { ["g1", "lock", CollectionFile.name + ".new"].contains($0) }
            && (inside.isEmpty || inside.contains(creationMark))
        guard isFree else { throw StorageError.alreadyExists(path: folder) }
    }

    /// Opens a folder.
    ///
    /// - Throws: `StorageError.notACollection`, `StorageError.locked`, `StorageError`.
    public static func open(at folder: String, options: OpenOptions = OpenOptions()) async throws -> VectorCollection {
        var file = try CollectionFile.read(folder: folder)
        let lock = options.isReadOnly ? nil : try FolderLock(folder: folder)
        var settings = try CollectionSettings(saved: file.settings)
        for (name, text) in options.changes.sorted(by: { $0.key < $1.key }) { try settings.set(name, to: text) }
        var cold: ColdSide?
        if let address = file.cold { cold = try await ColdSide.open(address, settings, options) }
        // What cannot be used is not remembered: the next open would fail, too.
        if options.changes["policy"] != nil { try settings.policy.check(for: file.metric) }
        if !options.isReadOnly, settings.saved != file.settings {
            file.settings = settings.saved
            try file.write(folder: folder)
        }
        if !options.isReadOnly { try Self.removeOtherGenerations(than: file, in: folder) }
        let engine = try Engine(folder: folder, file: file, settings: settings, cold: cold, options: options)
        // Who only reads must not use the minutes of CPU that a writer will use anyway.
        let mends = !options.isReadOnly && options.rebuildsIndex && file.cold == nil && settings.autoTrain
        let trouble = try engine.openIndex()
        engine.tellSize()
        var notes: [String] = []
        if let trouble { notes.append(trouble + (mends ? "; that has begun, and queries scan meanwhile" : "")) }
        if file.cold != nil, !settings.policy.isRegistered {
            notes.append("no policy \"\(settings.policy)\" is known here: what is missing is fetched")
        }
        if let cold, !options.isReadOnly { notes += try await engine.resolveIntents(cold) }
        if !options.isReadOnly, let trouble = try engine.restorePins() { notes.append(trouble) }
        if !options.isReadOnly {
            for key in try await engine.renewTextFields() {
                notes.append("text field \"\(key)\" is indexed anew: words are analysed in another way since then")
            }
            engine.continueTextWork()
        }
        let collection = VectorCollection(
            folder: folder, file: file, settings: settings, engine: engine, lock: lock,
            isReadOnly: options.isReadOnly, notes: notes, mapBytes: options.mapBytes)
        collection.startUpkeep()
        if trouble != nil, mends { collection.rebuildIndex() }
        return collection
    }

    /// What a compaction left behind that was killed before or after its switch.
    private static func removeOtherGenerations(than file: CollectionFile, in folder: String) throws {
        for name in Files.names(in: folder) {
            guard name.hasPrefix("g"), let number = UInt32(name.dropFirst()), number != file.generation else {
                continue
            }
            try Files.remove(folder + "/" + name)
        }
    }

    private init(
        folder: String, file: CollectionFile, settings: CollectionSettings, engine: Engine, lock: FolderLock?,
        isReadOnly: Bool, notes: [String], mapBytes: Int?
    ) {
        self.folder = folder
        self.file = file
        self.isReadOnly = isReadOnly
        self.lock = Mutex(lock)
        settingsBox = Mutex(settings)
        engineBox = Mutex(engine)
        openingNotes = notes
        self.mapBytes = mapBytes
        followed = Mutex(nil)
    }

    deinit { upkeep.withLock { $0 }?.cancel() }

    private func startUpkeep() {
        let task = Task { [weak self, isReadOnly] in
            var upkeep = Upkeep()
            while !Task.isCancelled {
                guard let self else { return }
                await upkeep.step(engineBox.withLock { $0 }, isReadOnly: isReadOnly)
                if isCompactionWorthIt { _ = try? await compact() }
                try? await Task.sleep(for: Upkeep.pause)
            }
        }
        upkeep.withLock { $0 = task }
    }

    /// Values of each vector.
    public var dimension: Int { file.dimension }
    /// The distance that answers go by.
    public var metric: Metric { file.metric }
    /// Metadata keys that no filter may name.
    public var nonFilterableKeys: [String] { file.nonFilterableKeys }
    /// Whether the collection stands in front of a cold store, which holds the truth of its vectors.
    public var isRemote: Bool { file.cold != nil }
    /// The settings as they are now.
    public var settings: CollectionSettings { settingsBox.withLock { $0 } }

    /// Ends writing: waits for what was submitted, writes a snapshot if the journal has grown long.
    public func close() async throws {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        // A compaction looks now and then whether it may go on.
        while isCompacting.load(ordering: .sequentiallyConsistent) { try? await Task.sleep(for: .milliseconds(10)) }
        let engine = engineBox.withLock { $0 }
        upkeep.withLock { $0 }?.cancel()
        if !isReadOnly {
            try await engine.snapshotIfWorthIt(entries: 1000, rows: 20_000)
            engine.endSnapshots()
            try? await engine.saveSpending()
            try? await engine.saveTraffic()
            await engine.writes.close()
            // A hint: a disk that has no room for it costs a slow start, nothing else.
            try? engine.saveHeat()
        }
        engine.tiers.close()
        try await engine.cold?.behind?.close()
        lock.withLock { $0 = nil }
    }

    /// The generation of the moment; in a read-only open, up to what was committed last.
    func engine() throws -> Engine {
        guard !isClosed.load(ordering: .relaxed) else { throw MemVecError.closed }
        let engine = engineBox.withLock { $0 }
        guard isReadOnly else { return engine }
        let current = try followGeneration(engine)
        try current.catchUp()
        return current
    }

    /// A compaction names another generation in memvec.json.
    private func followGeneration(_ engine: Engine) throws -> Engine {
        let identity = Files.identity(folder + "/" + CollectionFile.name)
        return try followed.withLock { followed in
            guard let identity, identity != followed else { return engineBox.withLock { $0 } }
            let file = try CollectionFile.read(folder: folder)
            var current = engineBox.withLock { $0 }
            if file.generation != current.file.generation {
                var options = OpenOptions()
                options.isReadOnly = true
                options.mapBytes = mapBytes
                current = try Engine(
                    folder: folder, file: file, settings: settings, cold: engine.cold, options: options)
                _ = try current.openIndex()
                engineBox.withLock { $0 = current }
            }
            followed = identity
            return current
        }
    }

    func writableEngine() throws -> Engine {
        guard !isReadOnly else { throw MemVecError.readOnly(folder: folder) }
        return try engine()
    }

    /// Runs a write on the generation of the moment, which stays that of the moment until it has ended.
    func writing<R>(_ body: (Engine) async throws -> R) async throws -> R {
        await writeGate.enter()
        defer { writeGate.leave() }
        return try await body(writableEngine())
    }
}
