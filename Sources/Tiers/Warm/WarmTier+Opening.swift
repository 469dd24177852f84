internal import Storage
internal import Synchronization
internal import Vectors

extension WarmTier {
    private static let fileName = "data.mdb"
    /// Blocks that are read under one transaction while the file is opened: some milliseconds.
    private static let blocksPerLook = 64

    private var path: String { settings.folder + "/" + Self.fileName }
    private var bootID: String { settings.bootID ?? WarmMark.currentBootID() }

    /// Reserved address space: room for the budget twice and for a file that was made under a larger one.
    private func mapBytes() -> Int {
        let there = (try? Files.byteCount(path)).flatMap { $0 } ?? 0
        return 2 * max(settings.budgetBytes, there) + (1 << 30)
    }

    // MARK: Open

    func openFile() {
        if !isBelievable() { discardFile() }
        do {
            try WarmMark(
                generation: settings.generation, dimension: settings.dimension, bootID: bootID, state: .open
            ).write(folder: settings.folder)
            let file = try openOrMakeAnew()
            current.withLock { $0 = file }
            try adoptBlocks(of: file)
        } catch {
            // No warm tier is a slower collection, not a broken one.
            current.withLock { $0 = nil }
            writer.withLock { $0.counts.failureCount += 1 }
        }
        writer.withLock { writer in
            writer.counts.isOpening = false
            publish(writer)
        }
    }

    /// Whether the file that lies there was written by this collection, is whole as far as can be known, and is an LMDB
    /// file that can be read without harm.
    private func isBelievable() -> Bool {
        guard let mark = WarmMark.read(folder: settings.folder), mark.generation == settings.generation,
            mark.dimension == settings.dimension
        else { return false }
        let isWhole = mark.state == .clean || (!mark.bootID.isEmpty && mark.bootID == bootID) || settings.isMirror
        return isWhole && PageWalker.check(path: path) == nil
    }

    private func discardFile() {
        for name in [Self.fileName, Self.fileName + "-lock", Self.fileName + ".new", Self.fileName + ".new-lock"] {
            try? Files.remove(settings.folder + "/" + name)
        }
    }

    private func openOrMakeAnew() throws -> BlockFile {
        do {
            return try makeFile(path)
        } catch {
            discardFile()
            return try makeFile(path)
        }
    }

    private func makeFile(_ path: String) throws -> BlockFile {
        try BlockFile(
            path: path, layout: layout, generation: settings.generation, mapBytes: mapBytes(),
            isSynced: settings.isMirror)
    }

    /// Takes the blocks that are sound into the table, oldest first, so that of two copies of a row the newer wins.
    private func adoptBlocks(of file: BlockFile) throws {
        var next: UInt32? = 0
        while let from = next {
            let look = try file.adopt(from: from, limit: Self.blocksPerLook)
            writer.withLock { writer in
                for (block, rows) in look.sound {
                    writer.append(block)
                    writer.rowBound = max(writer.rowBound, Int(rows.max() ?? 0) + 1)
                    setPlaces(rows, in: block)
                }
                writer.damaged += look.damaged
                writer.counts.damagedBlockCount += look.damaged.count
                publish(writer)
            }
            next = look.next
        }
    }

    // MARK: Close

    func closeFile() {
        flush()
        writer.withLock { writer in
            writer.isClosed = true
            let file = current.withLock { current in
                defer { current = nil }
                return current
            }
            guard let file, (try? file.sync()) != nil else { return }
            try? WarmMark(
                generation: settings.generation, dimension: settings.dimension, bootID: bootID, state: .clean
            ).write(folder: settings.folder)
        }
    }

    // MARK: Recreate

    /// Copies the hottest rows into a new file, as many as the budget holds, and reads that from now on.
    ///
    /// While rows get their new places, a query can miss a row that is there; it finds it in RAM or fetches it.
    func recreate(_ writer: inout WarmWriter) {
        guard let old = current.withLock({ $0 }) else { return }
        let aside = path + ".new"
        try? Files.remove(aside)
        try? Files.remove(aside + "-lock")
        do {
            let new = try makeFile(aside)
            let bar = hotBar(&writer)
            var copied: [(block: BlockFile.Block, rows: [UInt32])] = []
            var content = BlockFile.Contents()
            func flush() throws {
                guard !content.rows.isEmpty else { return }
                for block in try new.commit(append: [content], delete: []) { copied.append((block, content.rows)) }
                content = BlockFile.Contents()
            }
            for block in writer.allBlocks where copied.count < writer.blockLimit {
                try copyRows(of: block, in: old, hotterThan: bar, to: &content, flush)
            }
            if copied.count < writer.blockLimit { try flush() }
            try Files.rename(aside, to: path)
            try? Files.remove(aside + "-lock")
            turn(to: new, copied, &writer)
        } catch {
            try? Files.remove(aside)
            writer.counts.failureCount += 1
        }
    }

    private func turn(
        to file: BlockFile, _ copied: [(block: BlockFile.Block, rows: [UInt32])], _ writer: inout WarmWriter
    ) {
        let before = writer.rowBound
        writer.forgetBlocks()
        current.withLock { $0 = file }
        residency.forEachKnown(below: before) { residency.setPlace(of: $0, to: nil) }
        for (block, rows) in copied {
            writer.append(block)
            setPlaces(rows, in: block)
        }
        writer.counts.recreationCount += 1
    }

    private func copyRows(
        of block: BlockFile.Block, in file: BlockFile, hotterThan bar: Int, to content: inout BlockFile.Contents,
        _ flush: () throws -> Void
    ) throws {
        var rows: [(UInt32, [Float])] = []
        var position = 0
        try file.forEachRow(of: block) { number, vector in
            defer { position += 1 }
            let row = Row(number)
            guard live.contains(row), residency.uses(of: row) >= bar, residency.place(of: row) == place(block, position)
            else { return }
            rows.append((number, (0..<vector.count).map { vector[$0] }))
        }
        for (number, vector) in rows {
            content.rows.append(number)
            content.vectors += vector
            if content.rows.count == layout.rowsPerBlock { try flush() }
        }
    }

    /// The least uses with which a row is copied, so that what is copied fits: found by counting rows by uses.
    private func hotBar(_ writer: inout WarmWriter) -> Int {
        var byUses = [Int](repeating: 0, count: 1_024)
        residency.forEachKnown(below: writer.rowBound) { row in
            if residency.place(of: row) != nil { byUses[min(1_023, residency.uses(of: row))] += 1 }
        }
        var room = writer.blockLimit * layout.rowsPerBlock
        for uses in byUses.indices.reversed() {
            room -= byUses[uses]
            if room < 0 { return uses + 1 }
        }
        return 0
    }
}
