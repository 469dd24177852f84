internal import Vectors

/// What a check of a store found.
public struct StoreReport: Sendable, Equatable {
    public var liveCount = 0
    public var blockCount = 0
    /// Of live rows.
    public var postingCount = 0
    /// Of text fields.
    public var termCount = 0
    public var journalCount = 0
    public var intentCount = 0
    /// A sentence for each thing that is wrong; at most ``problemLimit``.
    public var problems: [String] = []

    public static let problemLimit = 100
    public var isSound: Bool { problems.isEmpty }

    mutating func add(_ problem: String) {
        if problems.count < Self.problemLimit { problems.append(problem) }
    }

    /// Runs one check. Damage that ends it is a problem like others, and the next check goes on.
    mutating func collect(_ check: (inout StoreReport) throws -> Void) throws {
        do {
            try check(&self)
        } catch let error as StorageError {
            guard case .damaged(_, let what) = error else { throw error }
            add(what)
        }
    }
}

extension Store {
    /// Checks the file's pages, and every table against the others, in one moment of the store. Writers may go on.
    ///
    /// - Complexity: reads everything, vectors included.
    public func verify(nonFilterable: [String]) throws -> StoreReport {
        if isReadOnly { try prepareText() }
        return try read { reader in
            var report = StoreReport()
            // Our transaction keeps the pages of this moment and of later ones as they are.
            if let finding = PageWalker.check(path: path) {
                report.add("the file's pages are damaged: \(finding)")
                return report
            }
            let check = try StoreCheck(store: self, counters: reader.counters(), live: reader.liveRows())
            try report.collect { try reader.checkMemory(check, &$0) }
            try report.collect { try reader.checkLiveBits(check, &$0) }
            try report.collect { try reader.checkRecords(check, nonFilterable, &$0) }
            try report.collect { try reader.checkKeys(check, &$0) }
            try report.collect { try reader.checkPostings(check, &$0) }
            try report.collect { try reader.checkText(&$0) }
            if shape.holdsVectors {
                try report.collect { try reader.checkBlocks(check, &$0) }
                try report.collect { try reader.checkTail(check, &$0) }
            }
            try report.collect { try reader.checkJournal(check, &$0) }
            try report.collect { try reader.checkIntents(check, &$0) }
            return report
        }
    }
}

/// What the parts of a check share.
struct StoreCheck {
    let store: Store
    let counters: StoreCounters
    let live: RowSet
    var rowsPerBlock: Int { store.layout.rowsPerBlock }
    /// Blocks that must be there.
    var blockCount: Int { Int(counters.nextRow) / rowsPerBlock }
}

extension StoreReader {
    /// What this process holds in memory, if it is of the same commit.
    fileprivate func checkMemory(_ check: StoreCheck, _ report: inout StoreReport) throws {
        let before = store.counters.commitNumber
        let inMemory = store.live.snapshot(rowCount: Int(check.counters.nextRow))
        guard before == check.counters.commitNumber, store.counters.commitNumber == before else { return }
        if inMemory != check.live { report.add("the live rows in memory are not those of commit \(before)") }
    }

    fileprivate func checkLiveBits(_ check: StoreCheck, _ report: inout StoreReport) throws {
        var count = 0
        unsafe try forEachLiveChunk { _, bytes in count += unsafe bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
        if count != check.live.count || check.live.rows.last.map({ $0.number >= check.counters.nextRow }) ?? false {
            report.add("rows are marked live that were never given")
        }
        if check.live.count != Int(check.counters.liveCount) {
            report.add("\(check.live.count) rows are marked live, the counter says \(check.counters.liveCount)")
        }
    }

    fileprivate func checkRecords(
        _ check: StoreCheck, _ nonFilterable: [String], _ report: inout StoreReport
    ) throws {
        try withCursor(store.tables.postings) { postings in
            try withCursor(store.tables.rows) { cursor in
                var entry = unsafe try cursor.move(.first)
                while let found = unsafe entry {
                    report.liveCount += 1
                    let row = Row(unsafe found.key.loadUnaligned(as: UInt32.self))
                    do {
                        let record = unsafe try RowRecord(bytes: found.value, path: path)
                        try checkRecord(row, record, check, &report)
                        let metadata = try Metadata(encoded: record.encodedMetadata)
                        for posting in store.postings(of: metadata, nonFilterable: nonFilterable) {
                            report.postingCount += 1
                            let isThere = unsafe try posting.bytes.withUnsafeBytes {
                                unsafe try postings.holds($0, row.number)
                            }
                            if !isThere { report.add("\(row) (key \"\(record.key)\") lacks a posting") }
                        }
                    } catch {
                        report.add("\(row): \(error)")
                    }
                    unsafe entry = try cursor.move(.next)
                }
            }
        }
        if report.liveCount != check.live.count {
            report.add("\(report.liveCount) rows have a record, \(check.live.count) are marked live")
        }
    }

    private func checkRecord(
        _ row: Row, _ record: RowRecord, _ check: StoreCheck, _ report: inout StoreReport
    ) throws {
        if !check.live.contains(row) { report.add("\(row) has a record and is not marked live") }
        if try findRow(record.key) != row { report.add("key \"\(record.key)\" does not lead to \(row)") }
        guard store.shape.holdsVectors else { return }
        guard let bytes = unsafe try vectorBytes(row) else { return report.add("\(row) has no vector") }
        if record.fingerprint != (unsafe Fingerprint(ofBytes: bytes)) {
            report.add("\(row) (key \"\(record.key)\") has a vector of another fingerprint")
        }
    }

    fileprivate func checkKeys(_ check: StoreCheck, _ report: inout StoreReport) throws {
        var count = 0
        try withCursor(store.tables.keys) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                if unsafe found.value.isEmpty || found.value.count % 4 != 0 || found.key.count != 16 {
                    report.add(unsafe "a key's rows take \(found.value.count) bytes")
                }
                for at in unsafe stride(from: 0, to: found.value.count - 3, by: 4) {
                    let row = Row(unsafe found.value.integer(at: at, UInt32.self))
                    count += 1
                    guard let record = try findRecord(row) else {
                        report.add("a key leads to dead \(row)")
                        continue
                    }
                    if !(unsafe store.hash(record.key).withBytes { unsafe $0.elementsEqual(found.key) }) {
                        report.add("\(row) (key \"\(record.key)\") is under the hash of another key")
                    }
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        if count != report.liveCount { report.add("keys lead to \(count) rows, \(report.liveCount) have a record") }
    }

    /// That each row has its postings was seen with its record; here, that no live row has one more.
    fileprivate func checkPostings(_ check: StoreCheck, _ report: inout StoreReport) throws {
        var count = 0
        try withCursor(store.tables.postings) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let row = Row(unsafe found.value.loadUnaligned(as: UInt32.self))
                if row.number >= check.counters.nextRow {
                    report.add("a posting leads to \(row), which was never given")
                }
                if check.live.contains(row) { count += 1 }
                unsafe entry = try cursor.move(.next)
            }
        }
        if count != report.postingCount {
            report.add("live rows have \(count) postings, their metadata asks for \(report.postingCount)")
        }
    }

    fileprivate func checkBlocks(_ check: StoreCheck, _ report: inout StoreReport) throws {
        let size = UInt32(check.rowsPerBlock)
        try withCursor(store.tables.blocks) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let block = unsafe found.key.loadUnaligned(as: UInt32.self)
                if Int(block) != report.blockCount {
                    report.add("block \(block) is where \(report.blockCount) should be")
                }
                report.blockCount += 1
                if !(unsafe store.layout.isSound(found.value, generation: store.shape.generation)) {
                    report.add("block \(block) fails its checksum")
                } else if unsafe store.layout.rows(found.value) != (block * size..<(block + 1) * size).map({ $0 }) {
                    report.add("block \(block) holds other rows than its number says")
                }
                if let known = unsafe store.blockTable.address(block), unsafe found.value.baseAddress != known {
                    report.add("block \(block) is not where this process looks for it")
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        if report.blockCount != check.blockCount {
            report.add("there are \(report.blockCount) blocks, \(check.counters.nextRow) rows make \(check.blockCount)")
        }
    }

    fileprivate func checkTail(_ check: StoreCheck, _ report: inout StoreReport) throws {
        var next = UInt64(check.blockCount * check.rowsPerBlock)
        try withCursor(store.tables.tail) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let row = unsafe UInt64(found.key.loadUnaligned(as: UInt32.self))
                if row != next { report.add("the tail has row \(row) where \(next) should be") }
                if unsafe found.value.count != 4 * store.layout.dimension {
                    report.add(unsafe "the tail holds \(found.value.count) bytes for row \(row)")
                }
                next = row + 1
                unsafe entry = try cursor.move(.next)
            }
        }
        if next != check.counters.nextRow {
            report.add("the tail ends at row \(next), \(check.counters.nextRow) were given")
        }
    }
}
