internal import Storage
internal import Synchronization
internal import Vectors

extension WarmTier {
    private static let fileName = "data.mdb"
    /// Blocks that are read under one transaction while the file is opened: some milliseconds.
    private static let blocksPerLook = 64

    var path: String { settings.folder + "/" + Self.fileName }
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

    func makeFile(_ path: String) throws -> BlockFile {
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
}
