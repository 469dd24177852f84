internal import Glibc

/// A look at a file before LMDB opens it: LMDB believes what it reads, makes a new database out of a file that is cut
/// to nothing, and ends the process when it reads behind the end of the file.
///
/// The two meta pages, one after the other, each (little-endian, 64 bits):
///
///     byte 16    4   0xBEEFC0DE
///     byte 20    4   1, the version
///     byte 40    4   bytes of a page
///     byte 136   8   the last page in use
///     byte 144   8   the number of the commit; the larger of the two counts
enum FileHead {
    private static let pageBytes = 4096
    private static let magic: UInt32 = 0xBEEF_C0DE

    /// - Throws: ``StorageError/damaged(path:what:)``.
    static func check(_ path: String) throws(StorageError) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Files.failure(path, "open") }
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 2 * pageBytes)
        let count = unsafe head.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Files.failure(path, "read") }
        guard count >= 24, number(head, 16, 4) == UInt64(magic) else {
            throw .damaged(path: path, what: "it is no LMDB file (its \(count) first bytes do not say so)")
        }
        guard count == head.count else { throw .damaged(path: path, what: "it is cut after \(count) bytes") }
        guard number(head, 20, 4) == 1 else {
            throw .damaged(path: path, what: "it has version \(number(head, 20, 4)) of LMDB's form, 1 is known")
        }
        guard number(head, 40, 4) == UInt64(pageBytes) else {
            throw .damaged(path: path, what: "its pages have \(number(head, 40, 4)) bytes, \(pageBytes) are known")
        }
        let newest = number(head, 144, 8) >= number(head, pageBytes + 144, 8) ? 0 : pageBytes
        let wanted = (number(head, newest + 136, 8) &+ 1).multipliedReportingOverflow(by: UInt64(pageBytes))
        let size = max(0, Int(lseek(file, 0, SEEK_END)))
        guard !wanted.overflow, wanted.partialValue > UInt64(size) else {
            if wanted.overflow { throw .damaged(path: path, what: "its head is not possible") }
            return
        }
        // Pages at the end may have been given out and freed again in one commit, and are never written then.
        if let finding = PageWalker.check(path: path) {
            throw .damaged(
                path: path, what: "it has \(size) bytes of \(wanted.partialValue): \(finding)")
        }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
        (0..<size).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }
}
