internal import Glibc

/// A file read page by page, never beyond its end.
final class PageFile {
    let byteCount: Int
    private let file: Int32

    /// Nil when there is no such file.
    init?(path: String) throws {
        file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw PageWalker.Finding(page: 0, what: "the file cannot be opened (errno \(errno))")
        }
        byteCount = max(0, Int(lseek(file, 0, SEEK_END)))
    }

    deinit { if file >= 0 { close(file) } }

    func page(_ number: UInt64) throws -> PageBytes { try bytes(from: number, skip: 0, count: PageWalker.pageBytes) }

    /// The header of a page.
    func head(_ number: UInt64) throws -> PageBytes { try bytes(from: number, skip: 0, count: PageBytes.headerBytes) }

    /// The bytes of a large value, which begin behind the header of its first page.
    func value(from page: UInt64, count: Int) throws -> PageBytes {
        try bytes(from: page, skip: PageBytes.headerBytes, count: count)
    }

    private func bytes(from page: UInt64, skip: Int, count: Int) throws -> PageBytes {
        let start = page.multipliedReportingOverflow(by: UInt64(PageWalker.pageBytes))
        let offset = Int(clamping: start.partialValue).addingReportingOverflow(skip).partialValue
        guard !start.overflow, count >= 0, offset >= 0, offset <= byteCount, count <= byteCount - offset else {
            throw PageWalker.Finding(page: page, what: "it lies behind the end of the file")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(file, buffer.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw PageWalker.Finding(page: page, what: "it cannot be read (errno \(errno))") }
            done += got
        }
        return PageBytes(bytes, number: page)
    }
}

/// Bytes out of a foreign file, read with every offset checked.
struct PageBytes {
    static let headerBytes = 16
    static let nodeHeaderBytes = 8

    enum Flags {
        static let branch: UInt16 = 0x01
        static let leaf: UInt16 = 0x02
        static let overflow: UInt16 = 0x04
        static let meta: UInt16 = 0x08
        /// A leaf that holds rows without nodes, in a page or inside an entry of one.
        static let rowLeaf: UInt16 = 0x02 | 0x20
        static let inside: UInt16 = 0x40
    }

    enum NodeFlags {
        static let big: UInt16 = 0x01
        static let subTable: UInt16 = 0x02
        static let list: UInt16 = 0x04
    }

    /// An entry of a branch or leaf page (MDB_node).
    struct Node {
        let flags: UInt16
        let key: [UInt8]
        /// Of a branch: the page it leads to.
        let child: UInt64
        /// Of a leaf: where the data begins in the page, or the number of the page where they are, and how many.
        let dataOffset: Int
        let dataBytes: Int
    }

    private let bytes: [UInt8]
    /// Where they come from, for what is said of them.
    private let source: UInt64

    init(_ bytes: [UInt8], number: UInt64) {
        self.bytes = bytes
        source = number
    }

    // The page header: number 8, padding 2, flags 2, lower 2, upper 2.
    var number: UInt64 { get throws(PageWalker.Finding) { try u64(0) } }
    var flags: UInt16 { get throws(PageWalker.Finding) { try u16(10) } }

    func u16(_ offset: Int) throws(PageWalker.Finding) -> UInt16 { UInt16(truncatingIfNeeded: try integer(offset, 2)) }
    func u32(_ offset: Int) throws(PageWalker.Finding) -> UInt32 { UInt32(truncatingIfNeeded: try integer(offset, 4)) }
    func u64(_ offset: Int) throws(PageWalker.Finding) -> UInt64 { try integer(offset, 8) }

    private func integer(_ offset: Int, _ size: Int) throws(PageWalker.Finding) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - size else {
            throw PageWalker.Finding(page: source, what: "offset \(offset) of \(bytes.count)")
        }
        var value: UInt64 = 0
        for i in (0..<size).reversed() { value = value << 8 | UInt64(bytes[offset + i]) }
        return value
    }

    /// The entries of the page, in the order of their keys. LMDB packs them without gaps from the page's end down to
    /// `upper`, and so they must be here.
    func nodes(isLeaf: Bool) throws(PageWalker.Finding) -> [Node] {
        let lower = Int(try u16(12))
        let upper = Int(try u16(14))
        guard lower >= Self.headerBytes, lower % 2 == 0, lower <= upper, upper <= bytes.count else {
            throw PageWalker.Finding(page: source, what: "free space from \(lower) to \(upper)")
        }
        var nodes: [Node] = []
        var spans: [(start: Int, end: Int)] = []
        for index in 0..<((lower - Self.headerBytes) / 2) {
            let start = Int(try u16(Self.headerBytes + 2 * index))
            let (node, end) = try node(at: start, isLeaf: isLeaf)
            nodes.append(node)
            spans.append((start, end + end % 2))
        }
        spans.sort { $0.start < $1.start }
        var expected = upper
        for span in spans {
            guard span.start == expected else { throw PageWalker.Finding(page: source, what: "entries overlap") }
            expected = span.end
        }
        guard expected == bytes.count else { throw PageWalker.Finding(page: source, what: "a gap behind the entries") }
        return nodes
    }

    /// The rows of a leaf without nodes that begins at `start` and may take `byteCount` bytes, `width` bytes each.
    func rowKeys(at start: Int, byteCount: Int, width: Int) throws(PageWalker.Finding) -> [[UInt8]] {
        let lower = Int(try u16(start + 12))
        let flags = try u16(start + 10)
        let count = (lower - Self.headerBytes) / 2
        guard flags & Flags.rowLeaf == Flags.rowLeaf, Int(try u16(start + 8)) == width, lower % 2 == 0, count >= 1,
            Self.headerBytes + width * count <= byteCount, start + byteCount <= bytes.count
        else { throw PageWalker.Finding(page: source, what: "a list of \(count) rows in \(byteCount) bytes") }
        return (0..<count).map { index in
            let at = start + Self.headerBytes + width * index
            return Array(bytes[at..<at + width])
        }
    }

    private func node(at start: Int, isLeaf: Bool) throws(PageWalker.Finding) -> (Node, end: Int) {
        let low = Int(try u16(start))
        let high = Int(try u16(start + 2))
        let flags = try u16(start + 4)
        let keyStart = start + Self.nodeHeaderBytes
        let keyEnd = keyStart + Int(try u16(start + 6))
        guard keyEnd <= bytes.count else { throw PageWalker.Finding(page: source, what: "a key leaves the page") }
        let key = Array(bytes[keyStart..<keyEnd])
        let size = low | high << 16
        guard isLeaf else {
            let child = UInt64(size) | UInt64(flags) << 32
            return (Node(flags: 0, key: key, child: child, dataOffset: 0, dataBytes: 0), keyEnd)
        }
        let isBig = flags & NodeFlags.big != 0
        let end = keyEnd + (isBig ? 8 : size)
        guard end <= bytes.count else { throw PageWalker.Finding(page: source, what: "data leave the page") }
        return (Node(flags: flags, key: key, child: 0, dataOffset: keyEnd, dataBytes: size), end)
    }
}
