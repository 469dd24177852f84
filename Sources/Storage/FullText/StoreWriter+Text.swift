internal import Analysis
internal import Vectors

// A row that dies, or whose text changes, gives up its postings in the same transaction: what counts rows by term is
// right at every moment, and no word of a deleted text can be found. Its old text says which they are.
extension StoreWriter {
    /// The list of fields as this transaction has left it.
    var textList: TextFieldList {
        get throws {
            if let known = changes.text { return known.list }
            let list = try textFieldList()
            changes.text = StoreChanges.Text(list)
            return list
        }
    }

    public var textFields: [TextField] { get throws { try textList.present } }

    func setTextList(_ list: TextFieldList) {
        changes.text = StoreChanges.Text(list)
        changes.text?.isChanged = true
    }

    func storeTextList() throws {
        guard let text = changes.text, text.isChanged else { return }
        try put(store.tables.meta, TextFieldList.key, text.list.encoded)
    }

    /// Writes the postings of new rows, in the order of the table.
    func writeText(of puts: [Put], _ first: Row) throws {
        let list = try textList
        guard !list.present.isEmpty else { return }
        var batch = TextBatch()
        for (i, put) in puts.enumerated() {
            batch.add(try text(of: put, list), row: first.number + UInt32(i))
        }
        try write(batch, .appendValue)
    }

    private func text(of put: Put, _ list: TextFieldList) throws -> RowText {
        if let text = put.text, text.version == list.version { return text }
        return try text(ofEncoded: put.encodedMetadata)
    }

    func text(ofEncoded metadata: [UInt8]) throws -> RowText {
        _ = try textList
        guard let analysis = changes.text?.analysis else { return RowText(version: 0, fields: []) }
        return analysis.text(of: try Metadata(encoded: metadata))
    }

    /// Writes what was gathered, and counts it.
    func write(_ batch: TextBatch, _ mode: PutMode) throws {
        guard !batch.values.isEmpty else { return }
        let terms = try termTable()
        for (key, values) in batch.values.sorted(by: { $0.key < $1.key }) {
            unsafe try key.bytes.withUnsafeBytes { key in
                for value in values {
                    var raw = value.raw
                    unsafe try withUnsafeBytes(of: &raw) { unsafe try put(terms, key, $0, mode) }
                }
            }
        }
        changes.text?.count(batch.added, sign: 1)
    }

    /// Removes the postings of a row that dies.
    func removeText(of row: Row) throws {
        guard try textList.fields.contains(where: { $0.covers(row.number) }), let record = try findRecord(row) else {
            return
        }
        try remove(try text(ofEncoded: record.encodedMetadata).fields, row)
    }

    /// Replaces those of a row whose metadata are changed. Fields with the same text are left alone.
    func replaceText(of row: Row, old: [UInt8], new: [UInt8]) throws {
        guard try textList.fields.contains(where: { $0.covers(row.number) }) else { return }
        let before = try text(ofEncoded: old).fields, after = try text(ofEncoded: new).fields
        try remove(before.filter { old in !after.contains { $0.isSame(as: old) } }, row)
        var batch = TextBatch()
        let changed = after.filter { new in !before.contains { $0.isSame(as: new) } }
        for field in try covered(changed, row) { batch.add(field, row: row.number) }
        try write(batch, [])
    }

    private func covered(_ fields: [RowText.FieldText], _ row: Row) throws -> [RowText.FieldText] {
        let list = try textList
        return fields.filter { text in
            list.fields.contains { $0.number == text.number && $0.covers(row.number) }
        }
    }

    private func remove(_ fields: [RowText.FieldText], _ row: Row) throws {
        let fields = try covered(fields, row)
        guard !fields.isEmpty else { return }
        let terms = try termTable()
        for field in fields {
            for (key, frequency) in field.frequencies {
                var raw = TextPosting(row: row.number, frequency: frequency, length: field.length).raw
                unsafe try key.bytes.withUnsafeBytes { key in
                    // One that is not there is found by verify; the row must be able to die all the same.
                    unsafe try withUnsafeBytes(of: &raw) { unsafe _ = try delete(terms, key, value: $0) }
                }
            }
        }
        changes.text?.count(fields.map { ($0.number, 1, UInt64($0.length)) }, sign: -1)
    }
}

extension RowText.FieldText {
    fileprivate func isSame(as other: Self) -> Bool {
        number == other.number && length == other.length && frequencies == other.frequencies
    }
}

/// Postings of many rows, by key, so that each page of the table is found once.
struct TextBatch {
    /// Of a key in the order of rows.
    private(set) var values: [TermKey: [TextPosting]] = [:]
    private(set) var added: [(field: UInt8, documents: UInt64, length: UInt64)] = []

    mutating func add(_ text: RowText, row: UInt32) {
        for field in text.fields { add(field, row: row) }
    }

    mutating func add(_ field: RowText.FieldText, row: UInt32) {
        for (key, frequency) in field.frequencies {
            values[key, default: []].append(TextPosting(row: row, frequency: frequency, length: field.length))
        }
        added.append((field.number, 1, UInt64(field.length)))
    }
}

extension StoreChanges {
    /// The text fields in a transaction, read when it first needs them.
    struct Text {
        private(set) var list: TextFieldList
        var isChanged = false
        let analysis: TextAnalysis

        init(_ list: TextFieldList) {
            self.list = list
            analysis = TextAnalysis(list)
        }

        mutating func count(_ changes: [(field: UInt8, documents: UInt64, length: UInt64)], sign: Int) {
            guard !changes.isEmpty else { return }
            isChanged = true
            for change in changes {
                guard let at = list.fields.firstIndex(where: { $0.number == change.field }) else { continue }
                if sign > 0 {
                    list.fields[at].documentCount += change.documents
                    list.fields[at].totalLength += change.length
                } else {
                    list.fields[at].documentCount -= min(change.documents, list.fields[at].documentCount)
                    list.fields[at].totalLength -= min(change.length, list.fields[at].totalLength)
                }
            }
        }
    }
}
