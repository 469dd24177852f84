internal import Storage
internal import Vectors

/// What the warm tier's thread works with: the blocks by age, and the rows that wait to be written.
struct WarmWriter {
    /// Of the budget: where writing stops, and what the file never passes.
    static let stopShare = 1.05
    static let limitShare = 1.1
    /// Uses by which a row is to be hotter than the coldest of a sample. What is hotter by one takes the place of a row
    /// that is as hot, which comes back: twice the bytes written for no more hits.
    static let lead = 2

    let layout: BlockLayout
    let settings: WarmTier.Settings
    /// Bytes of a block in the file: its pages.
    let blockBytes: Int
    /// Blocks in one commit.
    let batchLimit: Int
    /// Blocks that hold rows at once, without those on their way in and out.
    let blockLimit: Int

    /// Oldest first; those before `firstBlock` are gone.
    private var blocks: [BlockFile.Block] = []
    private var firstBlock = 0
    /// Blocks whose rows are elsewhere or forgotten; deleted by the next commit, so that no row is ever without a place
    /// while its block is copied.
    var retired: [BlockFile.Block] = []
    var damaged: [UInt32] = []

    private(set) var pending: RowVectors
    private var pendingSet: Set<Row> = []
    var bucket: TokenBucket
    var random: SeededRandom
    var counts = WarmTier.Statistics()
    /// Rows are below it.
    var rowBound = 0
    /// The oldest commit that a reader looked at, and since when it has been the same.
    private var oldestReader: (commit: Int, since: Duration)?
    var isClosed = false
    private var nextRecreation = Duration.zero
    /// After a recreation that failed.
    private static let recreationPause = Duration.seconds(600)

    init(_ settings: WarmTier.Settings, _ layout: BlockLayout) {
        self.settings = settings
        self.layout = layout
        blockBytes = layout.byteCount + 16
        let budgetBlocks = settings.budgetBytes / blockBytes
        batchLimit = max(1, min(8, budgetBlocks / 64))
        // A batch on its way in, one retired, two freed by commits that LMDB does not use again yet; 2 % for the tree.
        blockLimit = max(0, budgetBlocks * 98 / 100 - 4 * batchLimit - 2)
        pending = RowVectors(dimension: layout.dimension)
        let now = settings.clock.now
        bucket = TokenBucket(
            bytesPerSecond: settings.writeBytesPerSecond, leastBurst: batchLimit * blockBytes, now: now)
        random = SeededRandom(seed: settings.seed)
        counts.isOpening = true
    }

    var blockCount: Int { blocks.count - firstBlock }
    var isFull: Bool { blockCount >= blockLimit }
    var pendingLimit: Int { max(1, settings.pendingBlocks) * layout.rowsPerBlock }
    /// Bytes of the file that hold something.
    var occupiedBytes: Int { (blockCount + retired.count + damaged.count) * blockBytes }

    // MARK: Blocks

    mutating func append(_ block: BlockFile.Block) {
        blocks.append(block)
        counts.blockCount += 1
        counts.rowCount += block.rowCount
    }

    mutating func takeOldest() -> BlockFile.Block? {
        guard firstBlock < blocks.count else { return nil }
        let block = blocks[firstBlock]
        firstBlock += 1
        if firstBlock > 1_000 && firstBlock > blocks.count / 2 {
            blocks.removeFirst(firstBlock)
            firstBlock = 0
        }
        counts.blockCount -= 1
        counts.rowCount -= block.rowCount
        return block
    }

    /// Undoes ``takeOldest()`` for blocks taken in this order.
    mutating func putBack(_ taken: [BlockFile.Block]) {
        blocks.replaceSubrange(..<firstBlock, with: taken)
        firstBlock = 0
        counts.blockCount += taken.count
        counts.rowCount += taken.reduce(0) { $0 + $1.rowCount }
    }

    mutating func forgetBlocks() {
        blocks = []
        firstBlock = 0
        retired = []
        damaged = []
        counts.blockCount = 0
        counts.rowCount = 0
    }

    var allBlocks: ArraySlice<BlockFile.Block> { blocks[firstBlock...] }

    // MARK: Rows that wait

    func waits(_ row: Row) -> Bool { pendingSet.contains(row) }

    mutating func enqueue(_ row: Row, _ vector: Span<Float>) {
        pending.append(row, vector)
        pendingSet.insert(row)
        counts.pendingRowCount = pending.rows.count
    }

    /// The first `count` waiting rows that `isWanted`, moved into `contents`; others that are met on the way are
    /// forgotten.
    mutating func movePending(_ count: Int, into contents: inout BlockFile.Contents, _ isWanted: (Row) -> Bool) {
        var moved = 0
        var met = 0
        let dimension = layout.dimension
        while moved < count && met < pending.rows.count {
            let row = pending.rows[met]
            pendingSet.remove(row)
            if isWanted(row) {
                contents.rows.append(row.number)
                contents.vectors += pending.values[(met * dimension)..<((met + 1) * dimension)]
                moved += 1
            }
            met += 1
        }
        pending = RowVectors(
            rows: Array(pending.rows[met...]), values: Array(pending.values[(met * dimension)...]), dimension: dimension
        )
        counts.pendingRowCount = pending.rows.count
    }

    /// Keeps the `limit` hottest of the waiting rows and drops the rest.
    mutating func trimPending(to limit: Int, uses: (Row) -> Int) {
        guard pending.rows.count > limit else { return }
        let order = pending.rows.indices.sorted { uses(pending.rows[$0]) > uses(pending.rows[$1]) }
        counts.droppedCount += pending.rows.count - limit
        var kept = RowVectors(dimension: layout.dimension)
        for position in order.prefix(limit).sorted() {
            pending.withVector(at: position) { kept.append(pending.rows[position], $0) }
        }
        pending = kept
        pendingSet = Set(kept.rows)
        counts.pendingRowCount = kept.rows.count
    }

    // MARK: The size of the file

    /// How many blocks may be written now without passing the budget or starving a reader.
    mutating func blocksAllowed(_ file: BlockFile, now: Duration) -> Int {
        let lag = noteReaders(file, now: now)
        if let oldestReader, lag > 0, now - oldestReader.since >= .seconds(5) { return 0 }
        let used = file.usedByteCount
        let stop = Int(Double(settings.budgetBytes) * Self.stopShare)
        let room = max(0, stop - used) / blockBytes
        // Freed pages can be used again once no reader looks at a commit before they were freed.
        let reusable = lag <= 2 ? max(0, used - occupiedBytes) / blockBytes / 2 : 0
        let byBytes = bucket.available(now: now) / blockBytes
        return min(batchLimit, byBytes, max(room, used < limit ? reusable : 0))
    }

    /// Whether there is room for the file that takes the place of this one, and it is time to try again: both are on
    /// the disk for a while, with whatever else is written there.
    func mayRecreate(freeBytes: Int) -> Bool {
        freeBytes > (min(blockCount, blockLimit) + 2) * blockBytes && settings.clock.now >= nextRecreation
    }

    mutating func noteFailedRecreation() { nextRecreation = settings.clock.now + Self.recreationPause }

    /// Whether the file is too large to come back by itself.
    func isOversized(_ file: BlockFile) -> Bool {
        file.usedByteCount > Int(Double(settings.budgetBytes) * Self.stopShare)
    }

    private var limit: Int { Int(Double(settings.budgetBytes) * Self.limitShare) - batchLimit * blockBytes }

    private mutating func noteReaders(_ file: BlockFile, now: Duration) -> Int {
        guard let commit = file.oldestCommitInUse else {
            oldestReader = nil
            return 0
        }
        if oldestReader?.commit != commit { oldestReader = (commit, now) }
        return file.readerLag
    }
}
