internal import CCompression
internal import Foundation

/// The bytes of a file in pieces, unpacked where its name ends in .gz or .bz2, or its first bytes say so.
final class SourceFile {
    let path: String
    let byteCount: Int
    /// Bytes read of the file as it is stored.
    private(set) var readCount = 0
    private let file: FileHandle
    private var unpacker: (any Unpacker)?
    private var packed: [UInt8] = []
    private var isAtEnd = false
    /// What was unpacked filled its room before its stream ended: there may be more without further bytes.
    private var holdsMore = false

    /// What is read at a time of the file as it is stored.
    static let pieceBytes = 1 << 18

    init(path: String) throws(SourceError) {
        guard let file = FileHandle(forReadingAtPath: path),
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        else { throw .unreadable(path: path, problem: "no such file, or no right to read it") }
        self.path = path
        self.file = file
        byteCount = (attributes[.size] as? NSNumber)?.intValue ?? 0
        packed = try Self.piece(of: file, path)
        readCount = packed.count
        isAtEnd = packed.isEmpty
        if packed.starts(with: [0x1F, 0x8B]) {
            unpacker = GzipUnpacker()
        } else if packed.starts(with: Array("BZh".utf8)) {
            unpacker = BzipUnpacker()
        }
    }

    deinit { try? file.close() }

    private static func piece(of file: FileHandle, _ path: String) throws(SourceError) -> [UInt8] {
        do { return try file.read(upToCount: pieceBytes).map { [UInt8]($0) } ?? [] } catch {
            throw .unreadable(path: path, problem: "reading it failed")
        }
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: ``SourceError/broken(path:place:problem:)`` where what is packed is broken or ends too soon.
    func next() throws(SourceError) -> [UInt8]? {
        while true {
            if packed.isEmpty, !isAtEnd {
                packed = try Self.piece(of: file, path)
                readCount += packed.count
                isAtEnd = packed.isEmpty
            }
            guard let unpacker else {
                guard !packed.isEmpty else { return nil }
                defer { packed = [] }
                return packed
            }
            if packed.isEmpty, !holdsMore {
                guard unpacker.isAtEnd else {
                    throw .broken(
                        path: path, place: "byte \(readCount)", problem: "it ends in the middle: it is truncated")
                }
                return nil
            }
            let (unpacked, used) = unpacker.unpack(packed)
            packed.removeFirst(used)
            // A stream that is at its end holds nothing, however full the room is: to ask it again would begin another.
            holdsMore = unpacked.count == unpackedPieceBytes && !unpacker.isAtEnd
            if unpacker.isBroken {
                throw .broken(
                    path: path, place: "byte \(readCount - packed.count)", problem: "what is packed there is broken")
            }
            if !unpacked.isEmpty { return unpacked }
        }
    }

    /// All of it; nil when it is longer than `limit`.
    func all(limit: Int) throws(SourceError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let piece = try next() {
            bytes += piece
            if bytes.count > limit { return nil }
        }
        return bytes
    }
}
