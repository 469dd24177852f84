internal import Glibc

/// An LMDB file that holds nothing but row blocks, oldest first: the file of the warm tier.
///
/// A block has two numbers. Its *sequence* is its key in the file: it only rises, so the order of sequences is the
/// order of age. Its *index* is its place in ``table`` while the file is open, and is used again after the block is
/// gone.
///
/// One writer; its calls must not overlap. Readers stay inside ``read(_:)`` while they use addresses from ``table``,
/// and believe a block only if it carries the row they look for: an index may have gone to another block meanwhile.
// Sendable is true because the environment and the table are, the layout is fixed, and `Writer` is touched by the one
// writer only.
public final class BlockFile: @unchecked Sendable {
    public struct Block: Sendable, Equatable {
        public let sequence: UInt32
        public let index: UInt32
        public let rowCount: Int
    }

    /// Rows for one block, with `dimension` values each in `vectors`.
    public struct Contents: Sendable {
        public var rows: [UInt32]
        public var vectors: [Float]

        public init(rows: [UInt32] = [], vectors: [Float] = []) {
            self.rows = rows
            self.vectors = vectors
        }
    }

    public let path: String
    public let layout: BlockLayout
    public let generation: UInt32
    public let table: BlockTable
    private let environment: Environment
    private let blocks: Database
    private var nextSequence: UInt32 = 0
    private var freeIndexes: [UInt32] = []
    private var nextIndex: UInt32 = 0

    /// Opens `path`, and makes it if it is not there. Blocks that are in it are in the table only after ``adopt``.
    /// - Parameter isSynced: whether a commit returns only when it is on disk.
    public init(
        path: String, layout: BlockLayout, generation: UInt32, mapBytes: Int, isSynced: Bool
    ) throws {
        self.path = path
        self.layout = layout
        self.generation = generation
        table = try BlockTable()
        var options = Environment.Options()
        options.mapBytes = mapBytes
        options.databaseLimit = 1
        options.isSynced = isSynced
        environment = try Environment(path: path, options: options)
        blocks = try environment.write { try $0.open("blocks", .integerKeys, create: true) }
        nextSequence = try environment.read { txn in
            try txn.withCursor(blocks) { cursor in
                guard let last = unsafe try cursor.move(.last) else { return 0 }
                return unsafe last.key.loadUnaligned(as: UInt32.self) &+ 1
            }
        }
    }

    /// Runs `body` while no block that it finds in the table goes away.
    public func read<R>(_ body: () throws -> R) throws -> R {
        try environment.read { _ in try body() }
    }

    /// Bytes of the file up to its last page in use.
    public var usedByteCount: Int { environment.usedByteCount }
    /// How many commits the oldest reader lags behind; 0 when nobody reads.
    public var readerLag: Int { environment.oldestCommitInUse.map { max(0, environment.lastCommit - $0) } ?? 0 }
    /// The oldest commit that a reader looks at; nil when nobody reads.
    public var oldestCommitInUse: Int? { environment.oldestCommitInUse }

    /// Makes all commits so far survive a power cut.
    public func sync() throws { try environment.sync() }

    // MARK: The writer

    /// Takes up to `limit` blocks that are in the file from `sequence` on into the table: those that are sound.
    /// Returns them with their rows, the sequences of the damaged ones, and where to go on (nil at the end).
    public func adopt(
        from sequence: UInt32, limit: Int
    ) throws -> (sound: [(block: Block, rows: [UInt32])], damaged: [UInt32], next: UInt32?) {
        var sound: [(block: Block, rows: [UInt32])] = []
        var damaged: [UInt32] = []
        let next: UInt32? = try environment.read { txn in
            try txn.withCursor(blocks) { cursor in
                var key = sequence
                var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
                while let found = unsafe entry {
                    let number = unsafe found.key.loadUnaligned(as: UInt32.self)
                    if sound.count + damaged.count == limit { return number }
                    if unsafe layout.isSound(found.value, generation: generation) {
                        let rows = unsafe layout.rows(found.value)
                        let index = takeIndex()
                        unsafe try table.set(index, found.value.baseAddress)
                        sound.append((Block(sequence: number, index: index, rowCount: rows.count), rows))
                    } else {
                        damaged.append(number)
                    }
                    unsafe entry = try cursor.move(.next)
                }
                return nil
            }
        }
        return (sound, damaged, next)
    }

    /// In one commit: writes `contents` as new blocks behind all others, and deletes `old` and `damaged`. The old
    /// blocks leave the table before the commit; the new ones are in it when this returns.
    public func commit(append contents: [Contents], delete old: [Block], damaged: [UInt32] = []) throws -> [Block] {
        guard UInt64(nextSequence) + UInt64(contents.count) <= UInt64(UInt32.max) else {
            throw StorageError.damaged(path: path, what: "its block numbers are used up")
        }
        let first = nextSequence
        for block in old { unsafe try table.set(block.index, nil) }
        do {
            try write(contents, from: first, delete: old.map(\.sequence) + damaged)
        } catch {
            // Nothing has changed, so the old blocks are back where they were.
            try environment.read { txn in
                for block in old {
                    unsafe try table.set(block.index, try txn.get(blocks, block.sequence)?.baseAddress)
                }
            }
            throw error
        }
        freeIndexes += old.map(\.index)
        nextSequence = first + UInt32(contents.count)
        return try tabulate(contents, from: first)
    }

    private func write(_ contents: [Contents], from first: UInt32, delete sequences: [UInt32]) throws {
        try environment.write { txn in
            for sequence in sequences { try txn.delete(blocks, sequence) }
            for (offset, content) in contents.enumerated() {
                var key = first + UInt32(offset)
                unsafe try withUnsafeBytes(of: &key) { key in
                    unsafe try txn.reserve(blocks, key, byteCount: layout.byteCount, .append) { place in
                        unsafe content.vectors.withUnsafeBufferPointer { vectors in
                            guard let start = vectors.baseAddress else { return }
                            unsafe layout.seal(place, generation: generation, rows: content.rows, vectors: start)
                        }
                    }
                }
            }
        }
    }

    private func tabulate(_ contents: [Contents], from first: UInt32) throws -> [Block] {
        guard !contents.isEmpty else { return [] }
        return try environment.read { txn in
            try contents.enumerated().map { offset, content in
                let sequence = first + UInt32(offset)
                let value = unsafe try txn.get(blocks, sequence)
                let index = takeIndex()
                unsafe try table.set(index, value?.baseAddress)
                return Block(sequence: sequence, index: index, rowCount: content.rows.count)
            }
        }
    }

    /// Calls `body` with each row of a block and its vector.
    public func forEachRow(of block: Block, _ body: (UInt32, Span<Float>) -> Void) throws {
        try environment.read { txn in
            guard let value = unsafe try txn.get(blocks, block.sequence), value.count == layout.byteCount
            else { return }
            for (position, row) in unsafe layout.rows(value).enumerated() {
                let start = layout.vectorOffset + position * layout.dimension * 4
                let bytes = unsafe UnsafeRawBufferPointer(rebasing: value[start..<start + layout.dimension * 4])
                body(row, unsafe bytes.bindMemory(to: Float.self).span)
            }
        }
    }

    private func takeIndex() -> UInt32 {
        if let index = freeIndexes.popLast() { return index }
        defer { nextIndex += 1 }
        return nextIndex
    }
}
