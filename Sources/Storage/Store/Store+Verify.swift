internal import CKernels
internal import Vectors

extension Store {
    /// Checks every table against the others, in one moment of the store.
    ///
    /// - Parameters:
    ///   - problems: gets a sentence for each thing that is wrong, up to 100.
    ///   - counted: live rows and blocks that were read.
    public func verify(
        nonFilterable: [String], into problems: inout [String], counted: (Int, Int) -> Void
    ) throws {
        var found: [String] = []
        func report(_ text: String) { if found.count < 100 { found.append(text) } }
        try read { reader in
            let counters = try reader.counters()
            let live = try reader.liveRows()
            let recorded = try reader.checkRecords(live, nonFilterable, report)
            if recorded != Int(counters.liveCount) {
                report("\(recorded) rows have a record, the counter says \(counters.liveCount)")
            }
            if live.count != recorded { report("\(live.count) rows are marked live, \(recorded) have a record") }
            let keyed = try reader.checkKeys(report)
            if keyed != recorded { report("keys lead to \(keyed) rows, \(recorded) have a record") }
            let blocks = shape.holdsVectors ? try reader.checkBlocks(report) : 0
            try reader.checkJournal(report)
            counted(recorded, blocks)
        }
        problems.append(contentsOf: found)
    }
}

extension StoreReader {
    fileprivate func checkRecords(
        _ live: RowSet, _ nonFilterable: [String], _ report: (String) -> Void
    ) throws -> Int {
        var count = 0
        try withCursor(store.tables.rows) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                count += 1
                let row = Row(unsafe found.key.loadUnaligned(as: UInt32.self))
                do {
                    let record = unsafe try RowRecord(bytes: found.value, path: path)
                    if !live.contains(row) { report("\(row) has a record and is not marked live") }
                    if try findRow(record.key) != row { report("key \"\(record.key)\" does not lead to \(row)") }
                    try checkVector(row, record, report)
                    try checkPostings(row, record, nonFilterable, report)
                } catch {
                    report("\(row): \(error)")
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        return count
    }

    private func checkVector(_ row: Row, _ record: RowRecord, _ report: (String) -> Void) throws {
        guard store.shape.holdsVectors else { return }
        guard let bytes = unsafe try vectorBytes(row) else { return report("\(row) has no vector") }
        let hash = unsafe mv_hash128_of(bytes.baseAddress, bytes.count, 0)
        if record.fingerprint != Fingerprint(low: hash.low, high: hash.high) {
            report("\(row) (key \"\(record.key)\") has a vector of another fingerprint")
        }
    }

    private func checkPostings(
        _ row: Row, _ record: RowRecord, _ nonFilterable: [String], _ report: (String) -> Void
    ) throws {
        let metadata = try Metadata(encoded: record.encodedMetadata)
        for posting in store.postings(of: metadata, nonFilterable: nonFilterable) {
            if !(try has(posting, row)) { report("\(row) (key \"\(record.key)\") lacks a posting") }
        }
    }

    fileprivate func checkKeys(_ report: (String) -> Void) throws -> Int {
        var count = 0
        try withCursor(store.tables.keys) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                for at in unsafe stride(from: 0, to: found.value.count - 3, by: 4) {
                    let row = unsafe found.value.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian
                    count += 1
                    if unsafe try get(store.tables.rows, row) == nil { report("a key leads to dead row \(row)") }
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        return count
    }

    fileprivate func checkBlocks(_ report: (String) -> Void) throws -> Int {
        var count = 0
        let size = UInt32(store.layout.rowsPerBlock)
        try withCursor(store.tables.blocks) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let block = unsafe found.key.loadUnaligned(as: UInt32.self)
                count += 1
                if !(unsafe store.layout.isSound(found.value, generation: store.shape.generation)) {
                    report("block \(block) fails its checksum")
                } else if unsafe store.layout.rows(found.value) != (block * size..<(block + 1) * size).map({ $0 }) {
                    report("block \(block) holds other rows than its number says")
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        return count
    }

    fileprivate func checkJournal(_ report: (String) -> Void) throws {
        var last: UInt64 = 0
        let next = try storedCounters().journalNext
        try journal(from: 0) { sequence, _ in
            if sequence <= last { report("journal entry \(sequence) comes after \(last)") }
            if sequence >= next { report("journal entry \(sequence) is past the counter \(next)") }
            last = sequence
            return true
        }
    }
}
