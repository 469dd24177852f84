internal import CKernels
internal import Glibc
internal import Storage

/// A checksum of a file as it goes by: XXH3-64 of each piece of 1 MiB, with the sum so far as its seed.
struct PieceChecksum {
    static let pieceBytes = 1 << 20
    private(set) var value: UInt64 = 0
    /// What does not fill a piece yet.
    private var rest: [UInt8] = []

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var from = 0
        if !rest.isEmpty {
            from = min(bytes.count, Self.pieceBytes - rest.count)
            unsafe rest.append(contentsOf: bytes[..<from])
            guard rest.count == Self.pieceBytes else { return }
            unsafe value = mv_hash64(rest, rest.count, value)
            rest.removeAll(keepingCapacity: true)
        }
        while bytes.count - from >= Self.pieceBytes {
            unsafe value = mv_hash64(bytes.baseAddress.map { unsafe $0 + from }, Self.pieceBytes, value)
            from += Self.pieceBytes
        }
        unsafe rest.append(contentsOf: bytes[from...])
    }

    /// The sum of all that was added. Nothing may be added afterwards.
    mutating func finish() -> UInt64 {
        if !rest.isEmpty { unsafe value = mv_hash64(rest, rest.count, value) }
        rest = []
        return value
    }
}

/// A file that is written in order, aside, and takes its name only when it is whole and synced.
struct SnapshotFileWriter: ~Copyable {
    private let path: String
    private let file: Int32
    private var buffer: [UInt8] = []
    private var checksum = PieceChecksum()
    private(set) var byteCount = 0
    private var isFinished = false

    private var aside: String { path + ".new" }

    init(_ path: String) throws(StorageError) {
        let opened = unsafe Glibc.open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw Self.failure(path + ".new", "open") }
        self.path = path
        file = opened
    }

    deinit {
        if !isFinished {
            close(file)
            unsafe _ = unlink(aside)
        }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        unsafe buffer.append(contentsOf: bytes)
        if buffer.count >= PieceChecksum.pieceBytes { try flush() }
    }

    mutating func append(_ bytes: [UInt8]) throws(StorageError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= PieceChecksum.pieceBytes { try flush() }
    }

    mutating func append<T: FixedWidthInteger>(_ number: T) throws(StorageError) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe buffer.append(contentsOf: $0) }
        if buffer.count >= PieceChecksum.pieceBytes { try flush() }
    }

    /// Syncs and renames. Gives the checksum of all bytes.
    consuming func finish() throws(StorageError) -> SnapshotInfo.File {
        try flush()
        guard fsync(file) == 0 else { throw Self.failure(aside, "fsync") }
        try Files.rename(aside, to: path)
        isFinished = true
        close(file)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return SnapshotInfo.File(name: name, byteCount: byteCount, checksum: checksum.finish())
    }

    private mutating func flush() throws(StorageError) {
        var done = 0
        while done < buffer.count {
            let count = unsafe buffer[done...].withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(aside, "write") }
            done += count
        }
        unsafe buffer.withUnsafeBytes { unsafe checksum.add($0) }
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String, _ operation: String) -> StorageError {
        errno == ENOSPC || errno == EDQUOT
            ? .diskFull(path: path, operation: operation) : .file(path: path, operation: operation, errno: errno)
    }
}

/// A file that is read in order; every read says how much it wants and gets that or an error.
struct SnapshotFileReader: ~Copyable {
    private let path: String
    private let file: Int32
    let byteCount: Int
    private(set) var position = 0

    /// - Throws: ``IndexError/damagedSnapshot(path:why:)`` when it is not there.
    init(_ path: String) throws(IndexError) {
        let size = try IndexError.files { () throws(StorageError) in try Files.byteCount(path) }
        guard let size else { throw .damagedSnapshot(path: path, why: "it is missing") }
        let opened = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .storage(.file(path: path, operation: "open", errno: errno)) }
        self.path = path
        file = opened
        byteCount = size
    }

    deinit { close(file) }

    mutating func read(_ count: Int) throws(IndexError) -> [UInt8] {
        guard count >= 0, count <= byteCount - position else {
            throw .damagedSnapshot(path: path, why: "it ends before byte \(position) + \(count)")
        }
        var done = 0, failed: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            while done < count {
                let got = unsafe pread(
                    file, buffer.baseAddress.map { unsafe $0 + done }, count - done, off_t(position + done))
                if got < 0, errno == EINTR { continue }
                if got <= 0 {
                    failed = got < 0 ? errno : 0
                    break
                }
                done += got
            }
            initializedCount = done
        }
        guard failed == 0 else { throw .storage(.file(path: path, operation: "read", errno: failed)) }
        guard done == count else { throw .damagedSnapshot(path: path, why: "it became shorter while it was read") }
        position += count
        return bytes
    }

    mutating func read<T: FixedWidthInteger>(_: T.Type) throws(IndexError) -> T {
        let bytes = try read(MemoryLayout<T>.size)
        return bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    /// The checksum of the whole file (``PieceChecksum``); the position stays.
    mutating func checksum() throws(IndexError) -> UInt64 {
        let before = position
        defer { position = before }
        position = 0
        var sum = PieceChecksum()
        while position < byteCount {
            let piece = try read(min(PieceChecksum.pieceBytes, byteCount - position))
            unsafe piece.withUnsafeBytes { unsafe sum.add($0) }
        }
        return sum.finish()
    }
}
