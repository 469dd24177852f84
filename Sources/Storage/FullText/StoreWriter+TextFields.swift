public import Analysis
internal import Vectors

extension StoreWriter {
    /// Begins to index the field. New rows have their postings from now on; ``stepText(rowLimit:)`` goes through the
    /// others. ``Store/prepareText()`` must have run before the transaction.
    ///
    /// - Returns: false when too many fields that were removed are still there in part.
    public func addTextField(_ name: String, language: Language?) throws -> Bool {
        var list = try textList
        precondition(list.field(name) == nil, "text field \(name) is there already")
        guard
            let number = (1...TextFieldList.numberLimit).first(where: { number in
                !list.fields.contains { Int($0.number) == number }
            })
        else { return false }
        let next = UInt32(clamping: counters.nextRow)
        var field = TextField(
            name: name, language: language, state: .building, number: UInt8(clamping: number),
            analysis: Analyzer.fingerprint, builtUpTo: 0, addedAt: next)
        if counters.liveCount == 0, next == 0 { field.state = .active }
        list.fields.append(field)
        list.version &+= 1
        setTextList(list)
        // Who does not know the table would write rows without postings.
        try StoreIdentity(store.shape, version: StoreIdentity.versionWithText).store(self, store.tables)
        return true
    }

    /// Ends the field: nothing finds it from now on. ``stepText(rowLimit:)`` removes its postings.
    ///
    /// - Returns: false when there is no such field.
    public func removeTextField(_ name: String) throws -> Bool {
        var list = try textList
        guard let number = list.field(name)?.number, let at = list.fields.firstIndex(where: { $0.number == number })
        else { return false }
        list.fields[at].state = .leaving
        list.version &+= 1
        setTextList(list)
        return true
    }

    /// Begins anew those fields whose postings were made by another analysis than this program's.
    ///
    /// - Returns: their names.
    public func renewTextFields() throws -> [String] {
        let old = try textList.present.filter { $0.analysis != Analyzer.fingerprint }
        for field in old {
            _ = try removeTextField(field.name)
            _ = try addTextField(field.name, language: field.language)
        }
        return old.map(\.name)
    }

    /// Does a part of what is left to do: indexes rows of a field that is building, or removes postings of one that is
    /// leaving. So bounded that writers beside it hardly wait.
    ///
    /// - Returns: whether there is more to do.
    public func stepText(rowLimit: Int = 500, postingLimit: Int = 20_000) throws -> Bool {
        let list = try textList
        if let field = list.fields.first(where: { $0.state == .building }) {
            try build(field, rowLimit: rowLimit)
        } else if let field = list.fields.first(where: { $0.state == .leaving }) {
            try clear(field, limit: postingLimit)
        }
        return try textList.fields.contains { $0.state != .active }
    }

    /// Bytes of metadata in one step.
    private static let stepBytes = 2 << 20

    private func build(_ field: TextField, rowLimit: Int) throws {
        var batch = TextBatch(), byteCount = 0, rowCount = 0
        let analysis = TextAnalysis(try textList)
        var next: UInt32? = nil
        try withCursor(store.tables.rows) { cursor in
            var key = field.builtUpTo
            var entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
            while let found = unsafe entry {
                let row = unsafe found.key.loadUnaligned(as: UInt32.self)
                guard row < field.addedAt else { return }
                guard rowCount < rowLimit, byteCount < Self.stepBytes else {
                    next = row
                    return
                }
                rowCount += 1
                byteCount += unsafe found.value.count
                let record = unsafe try RowRecord(bytes: found.value, path: path)
                if let value = try Metadata(encoded: record.encodedMetadata)[field.name],
                    let text = analysis.text(of: value, field)
                {
                    batch.add(text, row: row)
                }
                unsafe entry = try cursor.move(.next)
            }
        }
        try write(batch, [])
        change(field.number) { field in
            field.builtUpTo = next ?? field.addedAt
            if next == nil { field.state = .active }
        }
    }

    private func change(_ number: UInt8, _ body: (inout TextField) -> Void) {
        guard var list = changes.text?.list, let at = list.fields.firstIndex(where: { $0.number == number }) else {
            return
        }
        body(&list.fields[at])
        setTextList(list)
    }

    private func clear(_ field: TextField, limit: Int) throws {
        let isGone = try withCursor(try termTable()) { cursor in
            var left = limit
            var key = field.number
            while true {
                let entry = unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
                guard let found = unsafe entry, unsafe found.key[0] == field.number else { return true }
                guard left > 0 else { return false }
                left -= try cursor.deleteValues(atMost: left)
            }
        }
        guard isGone, var list = changes.text?.list else { return }
        list.fields.removeAll { $0.number == field.number }
        setTextList(list)
    }
}
