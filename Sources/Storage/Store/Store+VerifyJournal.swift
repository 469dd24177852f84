internal import Vectors

extension StoreReader {
    /// Sequences without a gap up to the counter; rows that were given, added in order and once; killed rows dead.
    func checkJournal(_ check: StoreCheck, _ report: inout StoreReport) throws {
        let rowCount = check.counters.nextRow
        var last: UInt64?
        var nextAdded: UInt64 = 0
        do {
            try journal(from: 0) { sequence, entry in
                report.journalCount += 1
                if let last, sequence != last + 1 { report.add("journal entry \(sequence) comes after \(last)") }
                last = sequence
                switch entry {
                case .added(let first, let count, _):
                    if UInt64(first.number) < nextAdded { report.add("journal entry \(sequence) adds \(first) again") }
                    nextAdded = UInt64(first.number) + UInt64(count)
                    if nextAdded > rowCount { report.add("journal entry \(sequence) adds rows that were never given") }
                case .killed(let rows):
                    for row in rows where check.live.contains(row) {
                        report.add("journal entry \(sequence) says that live \(row) was killed")
                    }
                case .metadataChanged(let rows):
                    if let row = rows.first(where: { $0.number >= rowCount }) {
                        report.add("journal entry \(sequence) speaks of \(row), which was never given")
                    }
                case .snapshot: break
                }
                return true
            }
        } catch let error as StorageError {
            report.add("journal: \(error)")
            return
        }
        if let last, last + 1 != check.counters.journalNext {
            report.add("the journal ends at \(last), the counter says \(check.counters.journalNext) comes next")
        }
    }

    func checkIntents(_ check: StoreCheck, _ report: inout StoreReport) throws {
        var byteCount: UInt64 = 0
        try withCursor(store.tables.intents) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                let number = unsafe found.key.loadUnaligned(as: UInt64.self)
                report.intentCount += 1
                byteCount += unsafe UInt64(found.value.count)
                do {
                    let intent = unsafe try Intent(encoded: found.value, number: number, path: path)
                    if !(try intentNumbers(store.hash(intent.key)).contains(number)) {
                        report.add("key \"\(intent.key)\" does not lead to its intent \(number)")
                    }
                } catch {
                    report.add("\(error)")
                }
                if number >= check.counters.intentNext { report.add("intent \(number) was never given") }
                unsafe entry = try cursor.move(.next)
            }
        }
        if report.intentCount != Int(check.counters.intentCount) || byteCount != check.counters.intentBytes {
            report.add(
                "there are \(report.intentCount) intents of \(byteCount) bytes, the counters say "
                    + "\(check.counters.intentCount) of \(check.counters.intentBytes)")
        }
        var listed = 0
        try withCursor(store.tables.intentKeys) { cursor in
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                listed += unsafe found.value.count / 8
                unsafe entry = try cursor.move(.next)
            }
        }
        if listed != report.intentCount {
            report.add("keys lead to \(listed) intents, there are \(report.intentCount)")
        }
    }
}
