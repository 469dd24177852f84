internal import Analysis
internal import Vectors

extension StoreReader {
    /// Each live row has the postings that its text asks for, no others are there, and the fields count them right.
    func checkText(_ report: inout StoreReport) throws {
        let list = try textFieldList()
        guard !list.isEmpty else { return }
        let found = try checkTextOfRows(list, &report)
        report.termCount = found.termCount
        for field in list.present {
            let counted = found.counted[field.number] ?? TextCount()
            guard counted.documentCount != field.documentCount || counted.totalLength != field.totalLength else {
                continue
            }
            report.add(
                "text field \"\(field.name)\" counts \(field.documentCount) rows of \(field.totalLength) terms, there "
                    + "are \(counted.documentCount) of \(counted.totalLength)")
        }
        let stored = try postingCount(of: Set(list.present.map(\.number)))
        if stored != found.termCount {
            report.add("text fields have \(stored) postings, the text of live rows asks for \(found.termCount)")
        }
    }

    private struct TextCount {
        var documentCount: UInt64 = 0
        var totalLength: UInt64 = 0
    }

    private func checkTextOfRows(
        _ list: TextFieldList, _ report: inout StoreReport
    ) throws -> (counted: [UInt8: TextCount], termCount: Int) {
        let analysis = TextAnalysis(list)
        var counted: [UInt8: TextCount] = [:], termCount = 0
        try withCursor(try termTable()) { terms in
            _ = try forEachLiveRow(from: Row(0), limit: .max) { row, record, _ in
                let text = analysis.text(of: try Metadata(encoded: record.encodedMetadata))
                for part in text.fields {
                    guard list.fields.contains(where: { $0.number == part.number && $0.covers(row.number) }) else {
                        continue
                    }
                    counted[part.number, default: TextCount()].documentCount += 1
                    counted[part.number, default: TextCount()].totalLength += UInt64(part.length)
                    termCount += part.frequencies.count
                    let missing = try part.frequencies.filter { key, frequency in
                        let posting = TextPosting(row: row.number, frequency: frequency, length: part.length)
                        return unsafe try !key.bytes.withUnsafeBytes { unsafe try terms.holds($0, posting.raw) }
                    }
                    if !missing.isEmpty {
                        report.add("\(row) (key \"\(record.key)\") lacks \(missing.count) postings of terms")
                    }
                }
            }
        }
        return (counted, termCount)
    }

    private func postingCount(of fields: Set<UInt8>) throws -> Int {
        try withCursor(try termTable()) { cursor in
            var count = 0
            var entry = unsafe try cursor.move(.first)
            while let found = unsafe entry {
                if let number = unsafe found.key.first, fields.contains(number) { count += try cursor.valueCount() }
                unsafe entry = try cursor.move(.nextKey)
            }
            return count
        }
    }
}
