public import Vectors

extension StoreWriter {
    /// Gives each of `puts` a new row, in their order from the one returned on, and kills the rows that their keys had.
    ///
    /// The same as ``put(_:)`` one by one, and faster: records are appended, keys and postings are written in the order
    /// of their tables, so that each page is found once. Of a key that is there twice the later one stays.
    /// - Returns: the first row; nil when `puts` is empty; and the rows killed, in no order.
    public func putMany(_ puts: [Put]) throws -> (first: Row?, killed: [Row]) {
        guard !puts.isEmpty else { return (nil, []) }
        let first = try giveRows(puts.count)
        if store.shape.holdsVectors { changes.vectors.reserveCapacity(changes.vectors.count + puts.count * dimension) }
        for (i, put) in puts.enumerated() {
            let row = Row(first.number + UInt32(i))
            try writeRecord(of: put, row)
            try setLive(row, true)
            hold(put)
        }
        // Before the keys: of a key that is there twice the first row gives its postings up again.
        try writeText(of: puts, first)
        let killed = try writeKeys(of: puts, first)
        try writePostings(of: puts, first)
        return (first, killed)
    }

    private var dimension: Int { store.shape.dimension }

    private func writeKeys(of puts: [Put], _ first: Row) throws -> [Row] {
        let hashes = puts.map { store.hash($0.key) }
        // By hash, and of one hash in the order given.
        let order = puts.indices.sorted { hashes[$0] == hashes[$1] ? $0 < $1 : hashes[$0] < hashes[$1] }
        var killed: [Row] = []
        for i in order {
            let hash = hashes[i], row = first.number + UInt32(i)
            var stored = row.littleEndian
            let isNew = unsafe try hash.withBytes { key in
                unsafe try withUnsafeBytes(of: &stored) { unsafe try putNew(store.tables.keys, key, $0) }
            }
            guard !isNew else { continue }
            let (old, sharing) = try removeRow(of: puts[i].key, hash)
            if let old { killed.append(old) }
            try setRows(of: hash, (sharing > 0 ? rowNumbers(hash) : []) + [row])
        }
        return killed
    }

    private func writePostings(of puts: [Put], _ first: Row) throws {
        var pairs: [(key: PostingKey, row: UInt32)] = []
        for (i, put) in puts.enumerated() {
            for posting in put.postings { pairs.append((posting, first.number + UInt32(i))) }
        }
        guard !pairs.isEmpty else { return }
        pairs.sort { a, b in a.key == b.key ? a.row < b.row : a.key < b.key }
        for pair in pairs { try append(pair.key, Row(pair.row)) }
    }
}
