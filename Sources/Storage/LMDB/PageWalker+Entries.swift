extension PageWalker {
    /// Bytes of a row, and of a posting of a term.
    private static let valueWidths = [4, 8]

    func checkKeys(_ keys: [[UInt8]], _ visit: Visit, _ kind: Kind, isLeaf: Bool) throws {
        var before = visit.least
        for (index, key) in keys.enumerated() {
            // The first key of a branch page is not looked at, and may be empty.
            if !isLeaf && index == 0 { continue }
            guard kind.allows(keyBytes: key.count),
                before.map({ !kind.hasIntegerKeys || $0.count == key.count }) ?? true
            else { throw Finding(page: visit.page, what: "a key of \(key.count) bytes") }
            if let before {
                let rises = isLess(before, key, kind)
                // The first key of a leaf may equal the key that leads to it.
                guard rises || (isLeaf && index == 0 && before == key) else {
                    throw Finding(page: visit.page, what: "keys out of order")
                }
            }
            if let bound = visit.bound, !isLess(key, bound, kind) {
                throw Finding(page: visit.page, what: "a key that belongs elsewhere")
            }
            before = key
        }
    }

    private func isLess(_ a: [UInt8], _ b: [UInt8], _ kind: Kind) -> Bool {
        // Integer keys are in native order, which is the smallest byte first.
        kind.hasIntegerKeys
            ? a.reversed().lexicographicallyPrecedes(b.reversed()) : a.lexicographicallyPrecedes(b)
    }

    mutating func checkEntry(
        _ node: PageBytes.Node, _ page: PageBytes, _ kind: Kind, _ counted: inout Counted,
        _ foundFree: ([UInt64]) -> Void
    ) throws {
        let number = try page.number
        switch kind {
        case .main:
            counted.entries += 1
            guard node.flags == PageBytes.NodeFlags.subTable, node.dataBytes == Table.byteCount else {
                throw Finding(page: number, what: "an entry of the main table that is no table")
            }
            let table = try Table(page, at: node.dataOffset)
            let rowLists = table.flags & Flags.rowLists == Flags.rowLists
            let integerKeys = table.flags & Flags.integerKey != 0
            guard table.flags == (rowLists ? Flags.rowLists : 0) | (integerKeys ? Flags.integerKey : 0) else {
                throw Finding(page: number, what: "a table with flags \(table.flags)")
            }
            try walk(table, .named(integerKeys: integerKeys, rowLists: rowLists))
        case .named(_, rowLists: true):
            counted.entries += try checkRows(node, page)
        case .free, .named, .rows:
            counted.entries += 1
            let run = try checkValue(node, page, &counted)
            if kind == .free { foundFree(try freePages(node, page, run: run)) }
        }
    }

    /// The values under one key of a table of lists, rows or postings of terms: one value, or a list inside the page,
    /// or a tree of its own. Gives how many.
    private mutating func checkRows(_ node: PageBytes.Node, _ page: PageBytes) throws -> UInt64 {
        let number = try page.number
        switch node.flags {
        case 0:
            guard Self.valueWidths.contains(node.dataBytes) else {
                throw Finding(page: number, what: "a row of \(node.dataBytes) bytes")
            }
            return 1
        case PageBytes.NodeFlags.list:
            let width = Int(try page.u16(node.dataOffset + 8))
            guard Self.valueWidths.contains(width) else {
                throw Finding(page: number, what: "a list of rows of \(width) bytes")
            }
            let rows = try page.rowKeys(at: node.dataOffset, byteCount: node.dataBytes, width: width)
            let whole = Visit(page: number, level: 0, least: nil, bound: nil)
            try checkKeys(rows, whole, .rows(width: width), isLeaf: true)
            return UInt64(rows.count)
        case PageBytes.NodeFlags.list | PageBytes.NodeFlags.subTable:
            guard node.dataBytes == Table.byteCount else {
                throw Finding(page: number, what: "a tree of rows of \(node.dataBytes) bytes")
            }
            let table = try Table(page, at: node.dataOffset)
            guard table.flags == Flags.fixedRows | Flags.integerKey, Self.valueWidths.contains(Int(table.pad)) else {
                throw Finding(page: number, what: "a tree of rows with flags \(table.flags)")
            }
            try walk(table, .rows(width: Int(table.pad)))
            return table.entries
        default:
            throw Finding(page: number, what: "an entry with flags \(node.flags)")
        }
    }

    /// A value inside the page, or on pages of its own, whose first is given.
    private mutating func checkValue(
        _ node: PageBytes.Node, _ page: PageBytes, _ counted: inout Counted
    ) throws -> UInt64? {
        guard node.flags == 0 || node.flags == PageBytes.NodeFlags.big else {
            throw Finding(page: try page.number, what: "an entry with flags \(node.flags)")
        }
        guard node.flags == PageBytes.NodeFlags.big else { return nil }
        let first = try page.u64(node.dataOffset)
        let least = UInt64((PageBytes.headerBytes - 1 + node.dataBytes) / Self.pageBytes + 1)
        try claim(first, 1, by: first)
        let head = try file.head(first)
        let pages = UInt64(try head.u32(12))
        // A value that was overwritten by a shorter one in the same transaction keeps all of its pages.
        guard try head.number == first, try head.flags == PageBytes.Flags.overflow, pages >= least
        else { throw Finding(page: first, what: "not the large value that an entry leads to") }
        if pages > 1 { try claim(first + 1, pages - 1, by: first) }
        guard (first + pages) * UInt64(Self.pageBytes) <= UInt64(file.byteCount) else {
            throw Finding(page: first, what: "a large value behind the end of the file")
        }
        counted.overflowPages += pages
        return first
    }

    /// The pages in one record of the free list: a count, then page numbers, falling.
    private func freePages(_ node: PageBytes.Node, _ page: PageBytes, run: UInt64?) throws -> [UInt64] {
        let number = try page.number
        let bytes = try run.map { try file.value(from: $0, count: node.dataBytes) }
        let list = bytes ?? page
        let start = bytes == nil ? node.dataOffset : 0
        guard node.dataBytes >= 8, node.dataBytes % 8 == 0 else {
            throw Finding(page: number, what: "a free list of \(node.dataBytes) bytes")
        }
        let commit = try PageBytes(node.key, number: number).u64(0)
        let count = try list.u64(start)
        guard commit <= newestCommit, count <= UInt64(node.dataBytes / 8 - 1) else {
            throw Finding(page: number, what: "a free list of \(count) pages, of commit \(commit)")
        }
        var out: [UInt64] = []
        for index in 0..<Int(count) {
            let free = try list.u64(start + 8 + 8 * index)
            guard out.last.map({ $0 > free }) ?? true else { throw Finding(page: number, what: "free list disordered") }
            out.append(free)
        }
        return out
    }
}
