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
    let snapshots = Mutex(SnapshotState())
    let pinned = PinnedKeys()
    let spending: Spending
    let observed: TrafficWatch
    /// Nil in a local collection, where no vector is missing.
    let calibration: Calibration?
    /// What QVCache's rule has learned since the open.
    let regions = QVCacheRegions()
    let foreign = ForeignChanges()
    let localWrites = LocalWrites()
    let listed = ListedVectors()
    let textWork = TextWork()
    /// Whether what the cold store held at first is not all known here yet: queries are the cold store's then.
    var isAttaching: Bool { attaching.load(ordering: .relaxed) }
    let attaching = Atomic<Bool>(false)
    /// One at a time catches up.
    private let following = Mutex<Void>(())

    init(
        folder: String, file: CollectionFile, settings: CollectionSettings, cold: ColdSide?, options: OpenOptions
    ) throws {
        self.folder = file.generationFolder(in: folder)
        self.file = file
        self.cold = cold
        store = try Store(
            folder: self.folder + "/store", shape: Self.shape(file),
            access: options.isReadOnly ? .readOnly : .readWrite, mapBytes: options.mapBytes)
        preparation = Preparation(dimension: file.dimension, metric: file.metric)
        tiers = try Self.tiers(settings, file, self.folder, store, gate, readOnly: options.isReadOnly)
        writes = WriteQueue(store: store)
        spending = cold?.spending ?? Spending()
        spending.resume(try Self.savedSums(store), dailyBudget: settings.coldBudget)
        observed = TrafficWatch(try Self.savedTraffic(store))
        calibration = file.cold.map { [preparation] _ in
            Calibration(dimension: preparation.dimension, target: settings.retainedTarget())
        }
        router = QueryRouter(
            store: store, tiers: tiers, metric: file.metric,
            cold: cold.map { [spending] in
                ColdAccess(fetches: $0.fetches, store: $0.store, caller: $0.caller, costs: $0.costs, spending: spending)
            },
            strange: { [foreign] in foreign.note($0) })
        attaching.store(try remoteNote().map { !$0.segments.isEmpty } ?? false, ordering: .relaxed)
        foreign.begin { [weak self] keys in await self?.renew(keys) }
        cold?.late.begin { [weak self] vectors in self?.takeLate(vectors) }
        if !options.isReadOnly { tiers.loadHeat(from: heatPath, generation: file.generation) }
    }

    deinit { tiers.close() }

    static func shape(_ file: CollectionFile) -> Store.Shape {
        .init(
            dimension: file.dimension, holdsVectors: file.cold == nil, generation: file.generation,
            hashSeed: file.hashSeed)
    }

    var heatPath: String { folder + "/" + Heat.fileName }
    var calibrationPath: String { folder + "/" + Calibration.fileName }

    private static func tiers(
        _ settings: CollectionSettings, _ file: CollectionFile, _ folder: String, _ store: Store, _ gate: EpochGate,
        readOnly: Bool
    ) throws -> TierStack {
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        var ram = RAMTier.Settings(
            dimension: file.dimension, budgetBytes: settings.ramBudget.byteCount(of: memory))
        ram.eviction = EvictionPolicyKind(rawValue: settings.eviction) ?? .s3fifo
        ram.policyMaker = EvictionPolicies.maker(of: settings.eviction)
        var stack = TierStack.Settings(metric: file.metric, ram: ram)
        stack.timeToLive = file.cold == nil ? nil : settings.cacheTTLSeconds.map { .seconds($0) }
        let base: TierStack.Base
        if file.cold == nil {
            base = .local(store)
        } else if readOnly {
            base = .none
        } else {
            let free = Files.freeBytes(folder) + Files.bytesBelow(folder + "/warm")
            var warm = WarmTier.Settings(
                folder: folder + "/warm", dimension: file.dimension, generation: file.generation,
                budgetBytes: settings.warmBudget.byteCount(of: free))
            warm.isMirror = settings.isMirror
            base = .remote(warm)
        }
        return try TierStack(
            stack, base: base, live: store.live, gate: gate, rowCount: Int(store.counters.nextRow))
    }

    var index: IndexState? { state.withLock { $0 } }

    /// What a query of this moment looks through; nil means scan.
    func plan(_ settings: CollectionSettings, _ options: QueryOptions) -> IndexPlan? {
        guard let state = index else { return nil }
        let target = settings.indexTarget(everythingAtHand: file.cold == nil, recall: options.recall)
        let chosen = state.curve?.choose(target: target)
        // The curve was measured and no setting is good enough: a scan is right and not dearer.
        if state.curve != nil, chosen == nil, options.nprobe == nil, settings.nprobe == nil { return nil }
        // Retained recall is measured against so many, whatever the curve says: what cannot matter is not fetched.
        let isCalibrated = file.cold != nil && (options.policy ?? settings.policy) == .calibrated
        return IndexPlan(
            index: state.index,
            nprobe: options.nprobe ?? settings.nprobe ?? chosen?.nprobe ?? max(1, state.index.listCount / 32),
            candidateCount: options.candidates ?? settings.candidates
                ?? max(chosen?.candidates ?? 0, chosen == nil || isCalibrated ? 200 : 0))
    }

    /// What decides which missing vectors of a query are fetched.
    func policy(
        _ settings: CollectionSettings, _ options: QueryOptions, k: Int, plan: IndexPlan?
    ) throws -> any ShortCircuitPolicy {
        let name = options.policy ?? settings.policy
        return try name.policy(for: file.metric, regions: regions) {
            guard let calibration, let plan, !options.isExact else { return nil }
            return calibration.ticket(
                k: k, isFiltered: options.filter != nil, nprobe: plan.nprobe,
                retainedRecall: options.recall.map { settings.retainedTarget(recall: $0) },
                training: plan.index.training,
                mayAudit: options.countsAsUse && !store.isReadOnly && affordsAudit(settings, options, plan, k: k))
        }
    }

    /// What `auto` spends stays within the credit, audits included: one that it has no room for is not drawn. The other
    /// ways cost what they cost, and an audit is a small part of it.
    private func affordsAudit(
        _ settings: CollectionSettings, _ options: QueryOptions, _ plan: IndexPlan, k: Int
    ) -> Bool {
        guard let cold, let costs = cold.costs, (options.coldPath ?? settings.coldPath) == .auto else { return true }
        let calls = cold.store.limits.fetchCallCount(max(plan.candidateCount, 4 * k))
        return spending.hasCredit(for: Double(calls) * costs.fetchPrice)
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
        index?.index.forEachRow { row, error in tiers.residency.setCodeError(of: row, to: error) }
        if let training = index?.index.training { calibration?.load(from: calibrationPath, training: training) }
        return trouble
    }

    func snapshotNote() throws -> SnapshotNote? { Self.decode(try store.read { try $0.note(SnapshotNote.name) }) }

    private static func decode(_ note: [UInt8]?) -> SnapshotNote? {
        note.flatMap { try? JSONDecoder().decode(SnapshotNote.self, from: Data($0)) }
    }

    private func load(_ note: SnapshotNote) throws -> any CandidateIndex {
        let path = snapshotPath(note.number)
        guard let bytes = try Files.byteCount(path), bytes == note.byteCount else {
            throw IndexError.damagedSnapshot(path: path, why: "it should have \(note.byteCount) bytes")
        }
        let sum = try Files.checksum(path)
        guard sum == note.checksum else {
            throw IndexError.damagedSnapshot(
                path: path, why: "its checksum is \(sum), the store says \(note.checksum)")
        }
        return try IndexFile.open(path, training: note.training, dimension: file.dimension, gate: gate)
    }

    func snapshotPath(_ number: UInt64) -> String { "\(folder)/index/\(number).faiss" }

    /// Brings the index in RAM up to the journal's end: what a crash left behind the snapshot.
    func replay() throws {
        guard let state = index else { return }
        try store.read { reader in
            let from = replayed.withLock { $0 }
            let last = try replay(into: state.index, after: from, reader)
            replayed.withLock { $0 = last }
        }
    }

    /// Adds what the journal tells behind `sequence`. Rows without a code of this training are coded now.
    ///
    /// - Returns: the last entry's sequence.
    private func replay(
        into index: any CandidateIndex, after sequence: UInt64, _ reader: borrowing StoreReader
    ) throws -> UInt64 {
        // A snapshot that was written while rows came may hold some whose entries lie behind its sequence.
        let held = try index.rowsHeld()
        var uncoded: [Row] = []
        var last = sequence
        try reader.journal(from: sequence + 1) { number, entry in
            last = number
            if case .added(let first, let count, let codes) = entry {
                let rows = (0..<count).map { Row(first.number + UInt32($0)) }
                if let codes, codes.training == index.training {
                    let new = rows.indices.filter { !held.contains(rows[$0]) }
                    try index.add(new.map { rows[$0] }, codes.selecting(new))
                } else {
                    uncoded.append(contentsOf: rows.filter { !held.contains($0) })
                }
            }
            return true
        }
        guard store.shape.holdsVectors else { return last }
        var missing: [Row] = []
        for row in uncoded where try reader.isLive(row) { missing.append(row) }
        for start in stride(from: 0, to: missing.count, by: 10_000) {
            let slice = Array(missing[start..<min(start + 10_000, missing.count)])
            let (rows, values) = try reader.vectors(of: slice)
            try index.add(rows, index.encode(preparation.prepare(values), threadCount: 2))
        }
        return last
    }

    /// Brings a read-only open up to what another process, or a writing open of this one, has committed since.
    ///
    /// Costs one short read transaction where nothing has.
    func catchUp() throws {
        guard try isBehind() else { return }
        try following.withLock { _ in
            // A snapshot can be replaced by the next one between its name and its file: look again then.
            for attempt in 0..<5 where try isBehind() {
                do {
                    try store.refresh { try follow($0) }
                } catch let error as IndexError where attempt < 4 {
                    _ = error
                }
            }
        }
    }

    private func isBehind() throws -> Bool {
        try store.read { try $0.counters().commitNumber } != store.counters.commitNumber
    }

    private func follow(_ reader: borrowing StoreReader) throws {
        try tiers.grow(rowCount: Int(try reader.counters().nextRow))
        var current = index, from = replayed.withLock { $0 }
        if let note = Self.decode(try reader.note(SnapshotNote.name)),
            current?.index.training != note.training || from < note.sequence
        {
            // Another training, or the journal behind our last entry is gone: it is in the snapshot.
            current = IndexState(index: try load(note), curve: note.curve)
            from = note.sequence
        }
        guard let current else { return }
        install(current, sequence: try replay(into: current.index, after: from, reader))
    }

    // MARK: Following writes

    /// Called after a commit and before its rows are seen live.
    func indexed(_ rows: [Row], _ codes: RowCodes?, sequence: UInt64) throws {
        if let state = index, let codes, codes.training == state.index.training { try state.index.add(rows, codes) }
        // Last: a snapshot that begins in between replays the entry rather than missing it.
        replayed.withLock { $0 = max($0, sequence) }
    }

    var replayedSequence: UInt64 { replayed.withLock { $0 } }

    /// For who wants the rows without an index that cannot be used.
    func dropIndex() { state.withLock { $0 = nil } }

    func install(_ new: IndexState, sequence: UInt64) {
        replayed.withLock { $0 = sequence }
        state.withLock { $0 = new }
    }
}
