internal import Dispatch
internal import FoundationEssentials
internal import Index
internal import Storage
internal import Synchronization
internal import Vectors

/// One training: sample, k-means, codes of every live row, recall curve; then the swap.
struct TrainingRun: Sendable {
    let engine: Engine
    let supply: VectorSupply
    let settings: CollectionSettings
    let progress: @Sendable (String, Double) -> Void

    /// The new index, not yet in use.
    struct Built: Sendable {
        let index: any CandidateIndex
        let supply: VectorSupply
        let curve: RecallCurve
        /// Rows below it are coded, as far as they are live.
        let rowsBelow: UInt64
        let report: TrainingReport
    }

    func build() throws -> Built {
        let clock = ContinuousClock()
        let store = engine.store
        let rowsBelow = store.counters.nextRow
        let live = store.live.snapshot(rowCount: Int(rowsBelow)).rows
        let form = try form(live.count)
        let heldOut = Set(Self.spread(live.count, Self.heldOutCount(live.count), offset: 1).map { live[$0] })
        var started = clock.now
        let (index, sampleCount) = try emptyIndex(form, live, heldOut)
        let trainSeconds = seconds(clock.now - started)
        started = clock.now
        try encode(live, into: index)
        let encodeSeconds = seconds(clock.now - started)
        started = clock.now
        progress("measure", 0)
        let curve = try measure(index, heldOut: heldOut.sorted(), live: live)
        let chosen = curve.choose(target: settings.indexTarget(everythingAtHand: engine.file.cold == nil))
        let report = TrainingReport(
            factory: index.factory, sampleCount: sampleCount, rowCount: live.count, trainSeconds: trainSeconds,
            encodeSeconds: encodeSeconds, curveSeconds: seconds(clock.now - started),
            chosen: chosen.map { .init(nprobe: $0.nprobe, candidates: $0.candidates, recall: $0.recall) })
        return Built(index: index, supply: supply, curve: curve, rowsBelow: rowsBelow, report: report)
    }

    static let threadCount = max(1, min(8, ProcessInfo.processInfo.activeProcessorCount))

    /// An index of the form, trained if it needs training, and how many rows it was trained on.
    private func emptyIndex(
        _ form: IndexForm, _ live: [Row], _ heldOut: Set<Row>
    ) throws -> (index: any CandidateIndex, sampleCount: Int) {
        let dimension = engine.file.dimension, next = (engine.index?.index.training ?? 0) + 1
        progress("train", 0)
        guard case .ivfpq(let lists) = form else {
            let index = try form.untrained(dimension: dimension, training: next)
            return (index ?? FlatIndex(dimension: dimension, training: next), 0)
        }
        let sampleSize = min(live.count, max(lists.listCount * VectorCollection.sampleRowsPerList, 65_536))
        let sampleRows = Self.spread(live.count, sampleSize, offset: 0).map { live[$0] }.filter {
            !heldOut.contains($0)
        }
        let sample = try supply.vectors(of: sampleRows)
        let trainer = Trainer(settings: lists, dimension: dimension, threadCount: Self.threadCount)
        let quantizer = try trainer.train(sample: engine.preparation.prepare(sample.values), training: next) { share in
            progress("train", share)
            return true
        }
        return (IVFPQIndex(quantizer: quantizer, gate: engine.gate), sampleRows.count)
    }

    private func form(_ rowCount: Int) throws -> IndexForm {
        let dimension = engine.file.dimension
        let form: IndexForm
        if let text = settings.index {
            form = try IndexForm(factory: text, dimension: dimension)
        } else {
            form = .ivfpq(.automatic(rowCount: rowCount, sampleCount: rowCount, dimension: dimension))
        }
        guard case .ivfpq(let lists) = form else { return form }
        let needed = max(256, lists.listCount)
        let heldOut = Self.heldOutCount(rowCount)
        guard rowCount >= needed + heldOut else {
            throw MemVecError.tooFewRows(count: rowCount, needed: needed + heldOut)
        }
        return form
    }

    /// Enough for a bound that is near the mean; of a small collection a twentieth.
    private static func heldOutCount(_ rowCount: Int) -> Int {
        max(20, min(VectorCollection.heldOutCount, rowCount / 20))
    }

    /// `count` positions of 0..<total, evenly spread, the same each time.
    private static func spread(_ total: Int, _ count: Int, offset: Int) -> [Int] {
        guard count < total else { return Array(0..<total) }
        return (0..<count).map { min(total - 1, $0 * total / count + offset) }
    }

    /// Rows coded at a time: their vectors are copied out of the store.
    private static let slice = 20_000

    private func encode(_ rows: [Row], into index: any CandidateIndex) throws {
        for start in stride(from: 0, to: rows.count, by: Self.slice) {
            progress("encode", Double(start) / Double(max(1, rows.count)))
            let part = Array(rows[start..<min(start + Self.slice, rows.count)])
            let (found, values) = try supply.vectors(of: part)
            let codes = try index.encode(engine.preparation.prepare(values), threadCount: Self.threadCount)
            try index.add(found, codes)
            engine.noteErrors(found, codes)
        }
    }

    private func measure(_ index: any CandidateIndex, heldOut: [Row], live: [Row]) throws -> RecallCurve {
        let (rows, values) = try supply.vectors(of: heldOut)
        let truth = try exactNeighbours(of: rows, values, k: 10, among: live)
        let width = engine.preparation.width, prepared = engine.preparation.prepare(values)
        var places: [[Float]: Row] = [:]
        var queries: [[Float]] = []
        for (i, row) in rows.enumerated() {
            queries.append(Array(prepared[i * width..<(i + 1) * width]))
            places[queries[i]] = row
        }
        let store = engine.store
        return try RecallCurve.measure(
            queries: queries, truth: truth, listCount: index.listCount, rowCount: live.count,
            dimension: engine.file.dimension
        ) { (query, count, nprobe) throws(IndexError) in
            let own = places[query]
            return try index.candidates(
                for: query, count: count + 1, nprobe: nprobe, among: nil, live: store.live
            )
            .map(\.row).filter { $0 != own }
        }
    }

    /// Of each vector the `k` nearest rows, its own left out. Each half of the rows on a thread of its own.
    private func exactNeighbours(of rows: [Row], _ values: [Float], k: Int, among: [Row]) throws -> [[Row]] {
        let parts = max(1, min(Self.threadCount, among.count / 10_000))
        let found = Mutex<[Result<[NearestRows], any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let slice = among[part * among.count / parts..<(part + 1) * among.count / parts]
            let result = Result { try neighbours(of: rows, values, k: k, among: slice) }
            found.withLock { $0.append(result) }
        }
        var nearest = [NearestRows](repeating: NearestRows(limit: k), count: rows.count)
        for part in found.withLock({ $0 }) {
            for (query, other) in try part.get().enumerated() { nearest[query].merge(other) }
        }
        return nearest.map(\.rows)
    }

    private func neighbours(
        of rows: [Row], _ values: [Float], k: Int, among: ArraySlice<Row>
    ) throws -> [NearestRows] {
        var nearest = [NearestRows](repeating: NearestRows(limit: k), count: rows.count)
        for start in stride(from: among.startIndex, to: among.endIndex, by: 2000) {
            progress("measure", Double(start - among.startIndex) / Double(among.count))
            let chunk = try supply.vectors(of: Array(among[start..<min(start + 2000, among.endIndex)]))
            Distances.forEachPair(
                values, chunk.values, dimension: engine.file.dimension, metric: engine.file.metric
            ) { query, at, distance in
                if distance <= nearest[query].bound, chunk.rows[at] != rows[query] {
                    nearest[query].insert(distance, chunk.rows[at])
                }
            }
        }
        return nearest
    }
}

/// A few nearest rows in order, ties to the smaller row. For `limit` of about ten.
private struct NearestRows {
    let limit: Int
    private var entries: [(distance: Float, row: Row)] = []

    init(limit: Int) { self.limit = limit }

    var rows: [Row] { entries.map(\.row) }
    var bound: Float { entries.count < limit ? .infinity : entries[limit - 1].distance }

    mutating func insert(_ distance: Float, _ row: Row) {
        let at = entries.firstIndex { $0.distance > distance || ($0.distance == distance && $0.row > row) }
        if let at { entries.insert((distance, row), at: at) } else { entries.append((distance, row)) }
        if entries.count > limit { entries.removeLast() }
    }

    mutating func merge(_ other: NearestRows) {
        for entry in other.entries { insert(entry.distance, entry.row) }
    }
}

extension TrainingRun.Built {
    /// Codes what was written since, writes a snapshot, names it in the store and swaps the index in.
    func install(_ engine: Engine) async throws -> TrainingReport {
        FaultPoint.reached("index.built")
        // Outside the writer's thread as far as possible, so that writers are held up by few rows.
        var coded = rowsBelow
        while engine.store.counters.nextRow - coded > 1000 {
            let to = engine.store.counters.nextRow
            _ = try code(coded..<to, engine)
            coded = to
        }
        let snapshot = try engine.writeSnapshot(index, curve: curve)
        let state = IndexState(index: index, curve: curve), begin = coded
        _ = try await engine.writes.submit(alone: true) { writer in
            let late = try code(begin..<writer.counters.nextRow, engine)
            var note = snapshot
            note.sequence = writer.counters.journalNext - 1
            try writer.trimJournal(upTo: note.sequence)
            try writer.setNote(SnapshotNote.name, [UInt8](JSONEncoder().encode(note)))
            // What the snapshot does not hold goes on in the journal, in codes of the new training.
            for (first, codes) in late {
                try writer.append(.added(first: first, count: codes.count, codes: codes))
            }
            return writer.counters.journalNext - 1
        } committed: { (sequence: UInt64) in
            engine.install(state, sequence: sequence)
        }
        FaultPoint.reached("index.installed")
        engine.removeSnapshots(before: snapshot.number)
        return report
    }

    /// Adds the live rows of `range` to the index, in runs of neighbours.
    private func code(_ range: Range<UInt64>, _ engine: Engine) throws -> [(first: Row, codes: RowCodes)] {
        var runs: [[Row]] = []
        for number in range {
            let row = Row(UInt32(number))
            guard engine.store.live.contains(row) else { continue }
            if let last = runs.last?.last, last.number + 1 == row.number {
                runs[runs.count - 1].append(row)
            } else {
                runs.append([row])
            }
        }
        return try runs.map { run in
            let (rows, values) = try supply.vectors(of: run)
            let codes = try index.encode(engine.preparation.prepare(values), threadCount: 1)
            try index.add(rows, codes)
            engine.noteErrors(rows, codes)
            return (run[0], codes)
        }
    }
}

func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
}
