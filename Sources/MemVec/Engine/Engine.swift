internal import FoundationEssentials
internal import Index
internal import Router
internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// One generation of a collection, open: the store, the index over it, and what answers queries.
final class Engine: Sendable {
    let folder: String
    let file: CollectionFile
    let store: Store
    let gate = EpochGate()
    let tiers: TierStack
    /// Nil in a local collection.
    let cold: ColdSide?
    /// Vectors that are put while a training of a remote collection runs.
    let lateVectors = LateVectors()
    let preparation: Preparation
    let router: QueryRouter
    let writes: WriteQueue
    private let state = Mutex<IndexState?>(nil)
    /// The last journal entry that the index in RAM holds.
    private let replayed = Mutex<UInt64>(0)

    init(
        folder: String, file: CollectionFile, settings: CollectionSettings, cold: ColdSide?, options: OpenOptions
    ) throws {
        self.folder = file.generationFolder(in: folder)
        self.file = file
        self.cold = cold
        store = try Store(
            folder: self.folder + "/store",
            shape: .init(
                dimension: file.dimension, holdsVectors: file.cold == nil, generation: file.generation,
                hashSeed: file.hashSeed), readOnly: options.isReadOnly, mapBytes: options.mapBytes)
        preparation = Preparation(dimension: file.dimension, metric: file.metric)
        tiers = try Self.tiers(settings, file, self.folder, store, gate, readOnly: options.isReadOnly)
        writes = WriteQueue(store: store)
        router = QueryRouter(store: store, tiers: tiers, metric: file.metric, cold: cold?.fetches)
        if !options.isReadOnly { tiers.loadHeat(from: heatPath, generation: file.generation) }
    }

    var heatPath: String { folder + "/" + Heat.fileName }

    private static let leastSlots = 262_144

    private static func tiers(
        _ settings: CollectionSettings, _ file: CollectionFile, _ folder: String, _ store: Store, _ gate: EpochGate,
        readOnly: Bool
    ) throws -> TierStack {
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        // What a policy keeps for each slot is touched when it is made: no more slots than the collection can use
        // until it is opened again.
        let rowCount = Int(store.counters.nextRow)
        let useful = max(leastSlots, rowCount + rowCount / 4) * 4 * (file.dimension + 7)
        var ram = RAMTier.Settings(
            dimension: file.dimension, budgetBytes: min(settings.ramBudget.byteCount(of: memory), useful))
        ram.eviction = EvictionPolicyKind(rawValue: settings.eviction) ?? .s3fifo
        var stack = TierStack.Settings(metric: file.metric, ram: ram)
        stack.timeToLive = file.cold == nil ? nil : settings.cacheTTLSeconds.map { .seconds($0) }
        let base: TierStack.Base
        if file.cold == nil {
            base = .local(store)
        } else if readOnly {
            base = .none
        } else {
            let free = Files.freeBytes(folder) + Files.bytesBelow(folder + "/warm")
            base = .remote(
                WarmTier.Settings(
                    folder: folder + "/warm", dimension: file.dimension, generation: file.generation,
                    budgetBytes: settings.warmBudget.byteCount(of: free)))
        }
        return try TierStack(
            stack, base: base, live: store.live, gate: gate, rowCount: Int(store.counters.nextRow))
    }

    var index: IndexState? { state.withLock { $0 } }

    /// What a query of this moment looks through; nil means scan.
    func plan(_ settings: CollectionSettings, _ options: QueryOptions) -> IndexPlan? {
        guard let state = index else { return nil }
        let target = options.recall ?? settings.indexTarget(everythingAtHand: file.cold == nil)
        let chosen = state.curve?.choose(target: target)
        // The curve was measured and no setting is good enough: a scan is right and not dearer.
        if state.curve != nil, chosen == nil, options.nprobe == nil, settings.nprobe == nil { return nil }
        return IndexPlan(
            index: state.index,
            nprobe: options.nprobe ?? settings.nprobe ?? chosen?.nprobe ?? max(1, state.index.listCount / 32),
            candidateCount: options.candidates ?? settings.candidates ?? chosen?.candidates ?? 200)
    }

    // MARK: Opening

    /// Loads the snapshot that the store names and replays the journal behind it.
    ///
    /// - Returns: what was wrong with the snapshot and made it be rebuilt or left out; nil when all is well.
    func openIndex() throws -> String? {
        var trouble: String?
        if let note = try snapshotNote() {
            do {
                let index = try load(note)
                state.withLock { $0 = IndexState(index: index, curve: note.curve) }
                replayed.withLock { $0 = note.sequence }
            } catch let error as IndexError {
                trouble = error.description
            }
        }
        try replay()
        return trouble
    }

    func snapshotNote() throws -> SnapshotNote? {
        guard let bytes = try store.read({ try $0.note(SnapshotNote.name) }) else { return nil }
        return try? JSONDecoder().decode(SnapshotNote.self, from: Data(bytes))
    }

    private func load(_ note: SnapshotNote) throws -> IVFPQIndex {
        let path = snapshotPath(note.number)
        guard let bytes = try Files.byteCount(path), bytes == note.byteCount else {
            throw IndexError.damagedSnapshot(path: path, why: "it should have \(note.byteCount) bytes")
        }
        let sum = try Files.checksum(path)
        guard sum == note.checksum else {
            throw IndexError.damagedSnapshot(
                path: path, why: "its checksum is \(sum), the store says \(note.checksum)")
        }
        return try IVFPQIndex.open(path, training: note.training, dimension: file.dimension, gate: gate)
    }

    func snapshotPath(_ number: UInt64) -> String { "\(folder)/index/\(number).faiss" }

    /// Brings the index in RAM up to the journal's end: what other processes wrote, or what a crash left behind the
    /// snapshot. Rows that were journalled without a code of this training are coded now.
    func replay() throws {
        guard let state = index else { return }
        let from = replayed.withLock { $0 } + 1
        // A snapshot that was written while rows came may hold some whose entries lie behind its sequence.
        let held = try state.index.rowsHeld()
        var uncoded: [Row] = []
        var last = from - 1
        try store.read { reader in
            try reader.journal(from: from) { sequence, entry in
                last = sequence
                if case .added(let first, let count, let codes) = entry {
                    let rows = (0..<count).map { Row(first.number + UInt32($0)) }
                    if let codes, codes.training == state.index.training {
                        let new = rows.indices.filter { !held.contains(rows[$0]) }
                        try state.index.add(new.map { rows[$0] }, codes.selecting(new))
                    } else {
                        uncoded.append(contentsOf: rows.filter { !held.contains($0) })
                    }
                }
                return true
            }
        }
        replayed.withLock { $0 = last }
        let missing = uncoded.filter { store.live.contains($0) }
        guard store.shape.holdsVectors else { return }
        for start in stride(from: 0, to: missing.count, by: 10_000) {
            let slice = Array(missing[start..<min(start + 10_000, missing.count)])
            let (rows, values) = try store.read { try $0.vectors(of: slice) }
            try state.index.add(rows, state.index.encode(preparation.prepare(values), threadCount: 2))
        }
    }

    // MARK: Following writes

    /// Called after a commit and before its rows are seen live.
    func indexed(_ rows: [Row], _ codes: RowCodes?, sequence: UInt64) throws {
        if let state = index, let codes, codes.training == state.index.training { try state.index.add(rows, codes) }
        // Last: a snapshot that begins in between replays the entry rather than missing it.
        replayed.withLock { $0 = max($0, sequence) }
    }

    var replayedSequence: UInt64 { replayed.withLock { $0 } }

    func install(_ new: IndexState, sequence: UInt64) {
        replayed.withLock { $0 = sequence }
        state.withLock { $0 = new }
    }
}
