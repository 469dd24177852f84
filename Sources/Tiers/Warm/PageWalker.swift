internal import Storage

/// Looks through a closed LMDB file before it is opened: every page that LMDB could follow is where and what it says.
///
/// LMDB trusts its file: a broken page number or node offset makes it read outside the map, or stop the process by an
/// assertion. A warm file is a cache that nobody misses, so any doubt is enough to refuse it. Checked are both meta
/// pages; in the newer one's state every branch and leaf page (own number, kind, depth, node by node, order of keys),
/// the first page of every large value, the free list, and that no page is used twice; and that what the trees count is
/// what is there. Large values themselves are not read, they have checksums of their own.
///
/// It knows the format of LMDB 0.9 on a machine of 64 bits with small ends first and pages of 4,096 bytes, and the one
/// shape that ``BlockFile`` writes: a main table of named tables with integer keys of 4 bytes.
struct PageWalker {
    static let pageBytes = 4096
    static let none = UInt64.max

    /// Why the file must not be opened.
    struct Finding: Error, Equatable, CustomStringConvertible {
        let page: UInt64
        let what: String
        var description: String { "page \(page): \(what)" }
    }

    /// Nil when the file can be opened: also when there is none.
    static func check(path: String) -> Finding? {
        do {
            guard let file = try PageFile(path: path) else { return nil }
            if file.byteCount == 0 { return nil }
            var walker = try PageWalker(file)
            try walker.walk()
            return nil
        } catch let finding as Finding {
            return finding
        } catch {
            return Finding(page: 0, what: "\(error)")
        }
    }

    /// What a table says of itself (MDB_db).
    struct Table {
        static let byteCount = 48
        let flags: UInt16
        let depth: UInt16
        let branchPages: UInt64
        let leafPages: UInt64
        let overflowPages: UInt64
        let entries: UInt64
        let root: UInt64

        init(_ bytes: PageBytes, at offset: Int) throws(Finding) {
            flags = try bytes.u16(offset + 4)
            depth = try bytes.u16(offset + 6)
            branchPages = try bytes.u64(offset + 8)
            leafPages = try bytes.u64(offset + 16)
            overflowPages = try bytes.u64(offset + 24)
            entries = try bytes.u64(offset + 32)
            root = try bytes.u64(offset + 40)
        }
    }

    enum Kind {
        /// Commit -> pages that it freed.
        case free
        /// Name -> table.
        case main
        /// A table of blocks.
        case named
    }

    private let file: PageFile
    private let lastPage: UInt64
    private let newestCommit: UInt64
    private let freeTable: Table
    private let mainTable: Table
    /// One bit a page.
    private var seen: [UInt64]

    // MARK: Meta pages

    private init(_ file: PageFile) throws {
        self.file = file
        let metas = [try Meta(try file.page(0), number: 0), try Meta(try file.page(1), number: 1)]
        let newest = metas[0].commit < metas[1].commit ? 1 : 0
        let meta = metas[newest]
        guard meta.commit == 0 || meta.commit & 1 == UInt64(newest) else {
            throw Finding(page: UInt64(newest), what: "commit \(meta.commit) stands in the wrong meta page")
        }
        // Pages at the end may have been given out and freed again before they were written, but not many.
        guard meta.lastPage >= 1, meta.lastPage < UInt64(file.byteCount / Self.pageBytes) + 65_536 else {
            throw Finding(page: UInt64(newest), what: "last page \(meta.lastPage) of \(file.byteCount) bytes")
        }
        lastPage = meta.lastPage
        newestCommit = meta.commit
        freeTable = meta.free
        mainTable = meta.main
        seen = [UInt64](repeating: 0, count: Int(meta.lastPage / 64 + 1))
        seen[0] = 3
    }

    private struct Meta {
        let free: Table
        let main: Table
        let lastPage: UInt64
        let commit: UInt64

        init(_ page: PageBytes, number: UInt64) throws(Finding) {
            let body = PageBytes.headerBytes
            guard try page.flags == PageBytes.Flags.meta else { throw Finding(page: number, what: "no meta page") }
            guard try page.u32(body) == 0xBEEF_C0DE, try page.u32(body + 4) == 1 else {
                throw Finding(page: number, what: "not an LMDB file of version 1")
            }
            guard try page.u64(body + 8) == 0 else { throw Finding(page: number, what: "a fixed map address") }
            guard try page.u32(body + 24) == UInt32(PageWalker.pageBytes) else {
                throw Finding(page: number, what: "pages of \(try page.u32(body + 24)) bytes")
            }
            free = try Table(page, at: body + 24)
            main = try Table(page, at: body + 72)
            lastPage = try page.u64(body + 120)
            commit = try page.u64(body + 128)
        }
    }

    // MARK: Trees

    private mutating func walk() throws {
        // The free list's table also keeps the environment's lasting flags; ours has one: the path is a file.
        guard freeTable.flags & ~Flags.pathIsFile == Flags.integerKey, mainTable.flags == 0 else {
            throw Finding(page: 0, what: "table flags \(freeTable.flags), \(mainTable.flags)")
        }
        try walk(mainTable, .main)
        var freePages: [UInt64] = []
        try walk(freeTable, .free) { freePages += $0 }
        // Only now is known what is in use.
        for page in freePages { try claim(page, 1, by: 0) }
    }

    private enum Flags {
        static let integerKey: UInt16 = 0x08
        static let pathIsFile: UInt16 = 0x4000
        static let bigData: UInt16 = 0x01
        static let subTable: UInt16 = 0x02
    }

    private struct Counted {
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var entries: UInt64 = 0
    }

    private mutating func walk(_ table: Table, _ kind: Kind, _ foundFree: ([UInt64]) -> Void = { _ in }) throws {
        var counted = Counted()
        if table.root == Self.none {
            guard table.depth == 0 else { throw Finding(page: 0, what: "an empty table of depth \(table.depth)") }
        } else {
            guard (1...32).contains(table.depth) else { throw Finding(page: 0, what: "depth \(table.depth)") }
            let root = Visit(page: table.root, level: 1, least: nil, bound: nil)
            try walk(root, depth: Int(table.depth), kind, &counted, foundFree)
        }
        guard counted.branchPages == table.branchPages, counted.leafPages == table.leafPages,
            counted.overflowPages == table.overflowPages, counted.entries == table.entries
        else { throw Finding(page: table.root, what: "the tree is not what its table counts") }
    }

    /// A page to look at, whose keys lie in `least ..< bound`.
    private struct Visit {
        let page: UInt64
        let level: Int
        let least: [UInt8]?
        let bound: [UInt8]?
    }

    /// Depth first, by a list of its own: no file makes our stack deep.
    private mutating func walk(
        _ root: Visit, depth: Int, _ kind: Kind, _ counted: inout Counted, _ foundFree: ([UInt64]) -> Void
    ) throws {
        var open = [root]
        while let visit = open.popLast() {
            try claim(visit.page, 1, by: visit.page)
            let page = try file.page(visit.page)
            let isLeaf = visit.level == depth
            guard try page.number == visit.page else {
                throw Finding(page: visit.page, what: "it says that it is page \(try page.number)")
            }
            guard try page.flags == (isLeaf ? PageBytes.Flags.leaf : PageBytes.Flags.branch) else {
                throw Finding(page: visit.page, what: "flags \(try page.flags) at level \(visit.level) of \(depth)")
            }
            let nodes = try page.nodes(isLeaf: isLeaf)
            // LMDB insists on two children, in the free list's tree on one.
            guard nodes.count >= (isLeaf || kind == .free ? 1 : 2) else {
                throw Finding(page: visit.page, what: "only \(nodes.count) nodes")
            }
            try checkKeys(nodes, visit, kind, isLeaf: isLeaf)
            if isLeaf {
                counted.leafPages += 1
                counted.entries += UInt64(nodes.count)
                for node in nodes { try checkEntry(node, page, kind, &counted, foundFree) }
            } else {
                counted.branchPages += 1
                for (index, node) in nodes.enumerated() {
                    open.append(
                        Visit(
                            page: node.child, level: visit.level + 1, least: index == 0 ? visit.least : node.key,
                            bound: index + 1 < nodes.count ? nodes[index + 1].key : visit.bound))
                }
            }
        }
    }

    private func checkKeys(_ nodes: [PageBytes.Node], _ visit: Visit, _ kind: Kind, isLeaf: Bool) throws {
        var before = visit.least
        for (index, node) in nodes.enumerated() {
            // The first key of a branch page is not looked at, and may be empty.
            if !isLeaf && index == 0 { continue }
            let size = node.key.count
            guard kind == .main ? (1...511).contains(size) : size == (kind == .free ? 8 : 4) else {
                throw Finding(page: visit.page, what: "a key of \(size) bytes")
            }
            if let before {
                let rises = isLess(before, node.key, kind)
                // The first key of a leaf may equal the key that leads to it.
                guard rises || (isLeaf && index == 0 && before == node.key) else {
                    throw Finding(page: visit.page, what: "keys out of order")
                }
            }
            if let bound = visit.bound, !isLess(node.key, bound, kind) {
                throw Finding(page: visit.page, what: "a key that belongs elsewhere")
            }
            before = node.key
        }
    }

    private func isLess(_ a: [UInt8], _ b: [UInt8], _ kind: Kind) -> Bool {
        // Integer keys are in native order, which is the smallest byte first.
        kind == .main ? a.lexicographicallyPrecedes(b) : a.reversed().lexicographicallyPrecedes(b.reversed())
    }

    // MARK: Entries

    private mutating func checkEntry(
        _ node: PageBytes.Node, _ page: PageBytes, _ kind: Kind, _ counted: inout Counted,
        _ foundFree: ([UInt64]) -> Void
    ) throws {
        let number = try page.number
        if kind == .main {
            guard node.flags == Flags.subTable, node.dataBytes == Table.byteCount else {
                throw Finding(page: number, what: "an entry of the main table that is no table")
            }
            let table = try Table(page, at: node.dataOffset)
            guard table.flags == Flags.integerKey else {
                throw Finding(page: number, what: "a table with flags \(table.flags)")
            }
            return try walk(table, .named)
        }
        guard node.flags == 0 || node.flags == Flags.bigData else {
            throw Finding(page: number, what: "an entry with flags \(node.flags)")
        }
        var first: UInt64?
        if node.flags == Flags.bigData {
            let run = try page.u64(node.dataOffset)
            let pages = UInt64((PageBytes.headerBytes - 1 + node.dataBytes) / Self.pageBytes + 1)
            try checkRun(run, pages)
            counted.overflowPages += pages
            first = run
        }
        guard kind == .free else { return }
        foundFree(try freePages(node, page, run: first))
    }

    /// A large value: `pages` pages from `first` on, whose first one says so.
    private mutating func checkRun(_ first: UInt64, _ pages: UInt64) throws {
        try claim(first, pages, by: first)
        let head = try file.head(first)
        guard try head.number == first, try head.flags == PageBytes.Flags.overflow, try head.u32(12) == UInt32(pages)
        else { throw Finding(page: first, what: "not the large value that an entry leads to") }
        guard (first + pages) * UInt64(Self.pageBytes) <= UInt64(file.byteCount) else {
            throw Finding(page: first, what: "a large value behind the end of the file")
        }
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

    private mutating func claim(_ first: UInt64, _ count: UInt64, by user: UInt64) throws {
        guard first >= 2, first <= lastPage, count <= lastPage - first + 1 else {
            throw Finding(page: user, what: "pages \(first) to \(first &+ count &- 1) do not exist")
        }
        for page in first..<(first + count) {
            guard seen[Int(page / 64)] & (1 << (page % 64)) == 0 else {
                throw Finding(page: page, what: "used twice")
            }
            seen[Int(page / 64)] |= 1 << (page % 64)
        }
    }
}
