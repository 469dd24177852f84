internal import Storage
internal import Synchronization
internal import Vectors

// Everything here runs on the warm tier's thread, or with its lock held.
extension WarmTier {
    func admit(_ rows: [Row], from source: any VectorSource) {
        writer.withLock { writer in
            guard !writer.isClosed, writer.blockLimit > 0 else { return }
            for row in rows { writer.rowBound = max(writer.rowBound, Int(row.number) + 1) }
            let wanted = rows.filter { isWanted($0, &writer) }
            if !wanted.isEmpty {
                source.forEachVector(of: wanted) { index, vector in
                    if !writer.waits(wanted[index]) { writer.enqueue(wanted[index], vector) }
                }
            }
            write(&writer)
            writer.trimPending(to: writer.pendingLimit) { residency.uses(of: $0) }
            publish(writer)
        }
    }

    private func isWanted(_ row: Row, _ writer: inout WarmWriter) -> Bool {
        guard live.contains(row), residency.place(of: row) == nil, !writer.waits(row) else { return false }
        // What is offered came out near, or is of a mirror; while there is room it may stay.
        if !writer.isFull { return true }
        let uses = residency.uses(of: row)
        let sample = residency.sampleUses(
            of: settings.sampleSize, below: writer.rowBound, using: &writer.random)
        if uses >= (sample.min() ?? 0) + WarmWriter.lead { return true }
        writer.counts.refusedCount += 1
        return false
    }

    /// Writes full blocks as far as the budgets allow.
    private func write(_ writer: inout WarmWriter, evenPartial: Bool = false) {
        guard let file = current.withLock({ $0 }) else { return }
        while writer.pending.rows.count >= (evenPartial ? 1 : layout.rowsPerBlock) {
            let allowed = writer.blocksAllowed(file, now: settings.clock.now)
            guard allowed > 0, writeBatch(allowed, to: file, &writer, evenPartial) else { return }
        }
    }

    /// One commit: up to `limit` blocks of waiting rows and of hot rows out of the oldest blocks. False when it failed.
    private func writeBatch(
        _ limit: Int, to file: BlockFile, _ writer: inout WarmWriter, _ evenPartial: Bool
    ) -> Bool {
        var contents: [BlockFile.Contents] = []
        var evicted: [BlockFile.Block] = []
        var reappended = 0
        while contents.count < limit, writer.pending.rows.count >= (evenPartial ? 1 : layout.rowsPerBlock) {
            var content = BlockFile.Contents()
            if writer.blockCount + contents.count >= writer.blockLimit, let oldest = writer.takeOldest() {
                evicted.append(oldest)
                copyHotRows(of: oldest, in: file, to: &content, &writer)
                reappended += content.rows.count
            }
            writer.movePending(layout.rowsPerBlock - content.rows.count, into: &content) {
                live.contains($0) && residency.place(of: $0) == nil
            }
            if content.rows.isEmpty { break }
            contents.append(content)
        }
        guard !contents.isEmpty || !evicted.isEmpty else { return false }
        do {
            let written = try file.commit(append: contents, delete: writer.retired, damaged: writer.damaged)
            settle(written, contents, evicted, &writer)
            writer.counts.reappendedCount += reappended
            writer.counts.admittedCount += contents.reduce(0) { $0 + $1.rows.count } - reappended
            return true
        } catch {
            writer.putBack(evicted)
            writer.counts.failureCount += 1
            writer.counts.droppedCount += contents.reduce(0) { $0 + $1.rows.count } - reappended
            return false
        }
    }

    /// After a commit: rows get their new places, then those that were not copied lose their old ones.
    private func settle(
        _ written: [BlockFile.Block], _ contents: [BlockFile.Contents], _ evicted: [BlockFile.Block],
        _ writer: inout WarmWriter
    ) {
        for (block, content) in zip(written, contents) {
            writer.append(block)
            setPlaces(content.rows, in: block)
        }
        if let file = current.withLock({ $0 }) {
            for block in evicted { writer.counts.evictedCount += clearPlaces(of: block, in: file) }
        }
        writer.retired = evicted
        writer.damaged = []
        writer.bucket.spend(contents.count * writer.blockBytes)
        writer.counts.writtenBytes += contents.count * writer.blockBytes
        writer.counts.commitCount += 1
    }

    func place(_ block: BlockFile.Block, _ position: Int) -> UInt32? {
        // Places are 32-bit, 0 excepted; at 64 KiB a block and 122 rows in it that is 2.3 TB at once.
        let place = UInt64(block.index) * UInt64(layout.rowsPerBlock) + UInt64(position)
        return place < UInt64(UInt32.max) ? UInt32(place) : nil
    }

    func setPlaces(_ rows: [UInt32], in block: BlockFile.Block) {
        for (position, number) in rows.enumerated() {
            // A row that dies between the two lines keeps a place: it is dead, so nobody asks for it.
            if live.contains(Row(number)) { residency.setPlace(of: Row(number), to: place(block, position)) }
        }
    }

    /// Forgets the places of the block's rows that lead to it. Returns how many did.
    private func clearPlaces(of block: BlockFile.Block, in file: BlockFile) -> Int {
        var position = 0
        var count = 0
        try? file.forEachRow(of: block) { number, _ in
            if let place = place(block, position), residency.place(of: Row(number)) == place {
                residency.clearPlace(of: Row(number), ifAt: place)
                count += 1
            }
            position += 1
        }
        return count
    }

    /// Up to half a block of rows that are as hot as the middle of a sample: what is evicted makes room for at least as
    /// much as it takes again.
    private func copyHotRows(
        of block: BlockFile.Block, in file: BlockFile, to content: inout BlockFile.Contents, _ writer: inout WarmWriter
    ) {
        let sample = residency.sampleUses(
            of: 2 * settings.sampleSize, below: writer.rowBound, using: &writer.random
        ).sorted()
        let bar = max(1, sample.isEmpty ? 1 : sample[sample.count / 2])
        var rows: [(position: Int, uses: Int)] = []
        var position = 0
        try? file.forEachRow(of: block) { number, _ in
            let row = Row(number)
            let uses = residency.uses(of: row)
            if uses >= bar, live.contains(row), residency.place(of: row) == place(block, position) {
                rows.append((position, uses))
            }
            position += 1
        }
        let kept = Set(rows.sorted { $0.uses > $1.uses }.prefix(layout.rowsPerBlock / 2).map(\.position))
        position = 0
        try? file.forEachRow(of: block) { number, vector in
            if kept.contains(position) {
                content.rows.append(number)
                for i in 0..<vector.count { content.vectors.append(vector[i]) }
            }
            position += 1
        }
    }

    /// Shows the numbers to whoever must not wait for the writer.
    func publish(_ writer: borrowing WarmWriter) {
        blocksInUse.store(writer.blockCount, ordering: .relaxed)
        let counts = writer.counts
        published.withLock { $0 = counts }
    }

    /// Traps when the blocks, the rows' places and the counts contradict each other. Only while nothing else is going
    /// on; `live` must say the truth.
    func checkInvariants() {
        writer.withLock { writer in
            guard let file = current.withLock({ $0 }) else { return }
            precondition(writer.blockCount <= writer.blockLimit, "\(writer.blockCount) blocks of \(writer.blockLimit)")
            precondition(writer.counts.blockCount == writer.blockCount, "the blocks are counted wrong")
            precondition(writer.pending.rows.count <= writer.pendingLimit, "\(writer.pending.rows.count) rows wait")
            var placed: Set<UInt32> = []
            for block in writer.allBlocks {
                var position = 0
                try? file.forEachRow(of: block) { number, _ in
                    if residency.place(of: Row(number)) == place(block, position) { placed.insert(number) }
                    position += 1
                }
            }
            residency.forEachKnown(below: writer.rowBound) { row in
                if residency.place(of: row) != nil {
                    precondition(placed.contains(row.number), "\(row) has a place where it is not")
                }
            }
        }
    }

    func writeWhatCanBe() {
        writer.withLock { writer in
            guard !writer.isClosed, let file = current.withLock({ $0 }) else { return }
            write(&writer, evenPartial: settings.isMirror)
            if writer.isOversized(file), file.readerLag <= 2 { recreate(&writer) }
            publish(writer)
        }
    }

    func storeNow(_ vectors: RowVectors) -> Int {
        writer.withLock { writer in
            guard !writer.isClosed, let file = current.withLock({ $0 }) else { return 0 }
            defer { publish(writer) }
            var stored = 0
            for (position, row) in vectors.rows.enumerated() {
                writer.rowBound = max(writer.rowBound, Int(row.number) + 1)
                guard live.contains(row), residency.place(of: row) == nil, !writer.waits(row) else { continue }
                let room = (writer.blockLimit - writer.blockCount) * layout.rowsPerBlock - writer.pending.rows.count
                if room <= 0 { break }
                vectors.withVector(at: position) { writer.enqueue(row, $0) }
                stored += 1
                if writer.pending.rows.count >= writer.batchLimit * layout.rowsPerBlock {
                    guard writeBatch(writer.batchLimit, to: file, &writer, false) else { return stored }
                }
            }
            return stored
        }
    }

    /// Writes what waits, a partial block too.
    func flush() {
        writer.withLock { writer in
            write(&writer, evenPartial: true)
            publish(writer)
        }
    }
}
