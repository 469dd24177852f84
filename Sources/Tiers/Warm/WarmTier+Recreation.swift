internal import Storage
internal import Synchronization
internal import Vectors

/// A file that outgrew its budget, or was made under a larger one, never shrinks: its rows move to a new one.
extension WarmTier {
    /// Which rows fit into a new file: all with more uses than `uses`, and `roomAtBar` of those with just as many.
    private struct HotBar {
        /// Above this all uses count as the same.
        static let usesCounted = 1_023

        var uses = -1
        var roomAtBar = 0

        mutating func admits(_ rowUses: Int) -> Bool {
            let counted = min(rowUses, Self.usesCounted)
            if counted > uses { return true }
            guard counted == uses, roomAtBar > 0 else { return false }
            roomAtBar -= 1
            return true
        }
    }

    /// Rows on their way into a new file.
    private struct Transfer {
        let file: BlockFile
        var copied: [(block: BlockFile.Block, rows: [UInt32])] = []
        private var content = BlockFile.Contents()

        init(to file: BlockFile) { self.file = file }

        mutating func add(_ row: UInt32, _ vector: [Float]) throws {
            content.rows.append(row)
            content.vectors += vector
            if content.rows.count == file.layout.rowsPerBlock { try finish() }
        }

        mutating func finish() throws {
            guard !content.rows.isEmpty else { return }
            for block in try file.commit(append: [content], delete: []) { copied.append((block, content.rows)) }
            content = BlockFile.Contents()
        }
    }

    /// Copies the hottest rows into a new file, as many as the budget holds, and reads that from now on.
    ///
    /// While rows get their new places, a query can miss a row that is there; it finds it in RAM or fetches it.
    func recreate(_ writer: inout WarmWriter) {
        guard let old = current.withLock({ $0 }), writer.mayRecreate(freeBytes: Files.freeBytes(settings.folder)) else {
            return
        }
        let aside = path + ".new"
        try? Files.remove(aside)
        try? Files.remove(aside + "-lock")
        do {
            var bar = hotBar(writer)
            var transfer = Transfer(to: try makeFile(aside))
            for block in writer.allBlocks {
                for (row, vector) in try hotRows(of: block, in: old, &bar) { try transfer.add(row, vector) }
            }
            try transfer.finish()
            try Files.rename(aside, to: path)
            try? Files.remove(aside + "-lock")
            turn(to: transfer.file, transfer.copied, &writer)
        } catch {
            try? Files.remove(aside)
            writer.counts.failureCount += 1
            writer.noteFailedRecreation()
        }
    }

    private func turn(
        to file: BlockFile, _ copied: [(block: BlockFile.Block, rows: [UInt32])], _ writer: inout WarmWriter
    ) {
        writer.forgetBlocks()
        current.withLock { $0 = file }
        residency.forEachKnown(below: writer.rowBound) { residency.setPlace(of: $0, to: nil) }
        for (block, rows) in copied {
            writer.append(block)
            setPlaces(rows, in: block)
        }
        writer.counts.recreationCount += 1
    }

    private func hotRows(
        of block: BlockFile.Block, in file: BlockFile, _ bar: inout HotBar
    ) throws -> [(row: UInt32, vector: [Float])] {
        var out: [(row: UInt32, vector: [Float])] = []
        var position = 0
        try file.forEachRow(of: block) { number, vector in
            defer { position += 1 }
            let row = Row(number)
            guard live.contains(row), residency.place(of: row) == place(block, position),
                bar.admits(residency.uses(of: row))
            else { return }
            out.append((number, (0..<vector.count).map { vector[$0] }))
        }
        return out
    }

    /// Found by counting rows by uses.
    private func hotBar(_ writer: borrowing WarmWriter) -> HotBar {
        var byUses = [Int](repeating: 0, count: HotBar.usesCounted + 1)
        residency.forEachKnown(below: writer.rowBound) { row in
            if residency.place(of: row) != nil { byUses[min(HotBar.usesCounted, residency.uses(of: row))] += 1 }
        }
        var room = writer.blockLimit * layout.rowsPerBlock
        for uses in byUses.indices.reversed() {
            if byUses[uses] > room { return HotBar(uses: uses, roomAtBar: room) }
            room -= byUses[uses]
        }
        return HotBar()
    }
}
