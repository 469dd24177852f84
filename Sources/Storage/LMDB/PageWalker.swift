/// Looks through an LMDB file without LMDB: every page that it could follow is where and what it says.
///
/// LMDB trusts its file: a broken page number or node offset makes it read outside the map, or stop the process by an
/// assertion. Checked are both meta pages; in the newer one's state every branch and leaf page (own number, kind,
/// depth, node by node, order of keys), the lists of rows under one key, the first page of every large value, the free
/// list, and that no page is used twice; and that what the trees count is what is there. Large values themselves are
/// not read: row blocks have checksums of their own.
///
/// It knows the format of LMDB 0.9 on a machine of 64 bits with small ends first and pages of 4,096 bytes, and the
/// kinds of tables that this module makes (``Database/Kind``).
///
/// The file must be closed, or the caller must hold a read transaction on it, which keeps every page of that moment and
/// of later ones as it is.
public struct PageWalker {
    static let pageBytes = 4096
    static let none = UInt64.max

    /// What is wrong, and in which page.
    public struct Finding: Error, Equatable, CustomStringConvertible, Sendable {
        public let page: UInt64
        public let what: String
        public var description: String { "page \(page): \(what)" }

        init(page: UInt64, what: String) {
            self.page = page
            self.what = what
        }
    }

    /// Nil when the file can be opened without harm: also when there is none, or an empty one.
    ///
    /// - Complexity: reads every page but those of large values.
    public static func check(path: String) -> Finding? {
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
        /// Of a list of values: bytes of each.
        let pad: UInt32
        let flags: UInt16
        let depth: UInt16
        let branchPages: UInt64
        let leafPages: UInt64
        let overflowPages: UInt64
        let entries: UInt64
        let root: UInt64

        init(_ bytes: PageBytes, at offset: Int) throws(Finding) {
            pad = try bytes.u32(offset)
            flags = try bytes.u16(offset + 4)
            depth = try bytes.u16(offset + 6)
            branchPages = try bytes.u64(offset + 8)
            leafPages = try bytes.u64(offset + 16)
            overflowPages = try bytes.u64(offset + 24)
            entries = try bytes.u64(offset + 32)
            root = try bytes.u64(offset + 40)
        }
    }

    enum Kind: Equatable {
        /// Commit -> pages that it freed.
        case free
        /// Name -> table.
        case main
        case named(integerKeys: Bool, rowLists: Bool)
        /// The values under one key, too many for a page, of so many bytes each.
        case rows(width: Int)

        var hasIntegerKeys: Bool {
            switch self {
            case .free, .rows: true
            case .main: false
            case .named(let integerKeys, _): integerKeys
            }
        }

        func allows(keyBytes: Int) -> Bool {
            switch self {
            case .free: keyBytes == 8
            case .rows(let width): keyBytes == width
            case .named(integerKeys: true, _): keyBytes == 4 || keyBytes == 8
            case .main, .named: (1...511).contains(keyBytes)
            }
        }
    }

    enum Flags {
        static let rowLists: UInt16 = 0x04 | 0x10 | 0x20
        static let integerKey: UInt16 = 0x08
        static let fixedRows: UInt16 = 0x10
        static let pathIsFile: UInt16 = 0x4000
    }

    let file: PageFile
    private let lastPage: UInt64
    let newestCommit: UInt64
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

    /// What was met below a table's root.
    struct Counted {
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var entries: UInt64 = 0
    }

    mutating func walk(_ table: Table, _ kind: Kind, _ foundFree: ([UInt64]) -> Void = { _ in }) throws {
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
    struct Visit {
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
            var width: Int?
            if case .rows(let bytes) = kind { width = bytes }
            let leafFlags = width != nil ? PageBytes.Flags.rowLeaf : PageBytes.Flags.leaf
            guard try page.flags == (isLeaf ? leafFlags : PageBytes.Flags.branch) else {
                throw Finding(page: visit.page, what: "flags \(try page.flags) at level \(visit.level) of \(depth)")
            }
            if isLeaf, let width {
                counted.leafPages += 1
                let rows = try page.rowKeys(at: 0, byteCount: Self.pageBytes, width: width)
                counted.entries += UInt64(rows.count)
                try checkKeys(rows, visit, kind, isLeaf: true)
                continue
            }
            let nodes = try page.nodes(isLeaf: isLeaf)
            // LMDB insists on two children, in the free list's tree on one.
            guard nodes.count >= (isLeaf || kind == .free ? 1 : 2) else {
                throw Finding(page: visit.page, what: "only \(nodes.count) nodes")
            }
            try checkKeys(nodes.map(\.key), visit, kind, isLeaf: isLeaf)
            if isLeaf {
                counted.leafPages += 1
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

    mutating func claim(_ first: UInt64, _ count: UInt64, by user: UInt64) throws {
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
