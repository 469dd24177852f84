import Formats
import Foundation

/// A file in a folder of its own, removed with it.
final class SampleFile: Sendable {
    let path: String
    private let folder: String

    init(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        folder = FileManager.default.temporaryDirectory.path + "/memvec-formats-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Everything the file gives, and what ended it.
    func read(
        _ options: ReadingOptions = ReadingOptions(), atMost maximum: Int = 7
    ) -> (batches: [VectorBatch], error: FormatError?) {
        var batches: [VectorBatch] = []
        do throws(FormatError) {
            let reader = try VectorFileReader(path: path, options: options)
            while let batch = try reader.next(atMost: maximum) { batches.append(batch) }
        } catch {
            return (batches, error)
        }
        return (batches, nil)
    }
}

/// The bytes of little-endian numbers.
enum Bytes {
    static func of(_ numbers: [some FixedWidthInteger]) -> [UInt8] {
        numbers.flatMap { number in unsafe withUnsafeBytes(of: number.littleEndian) { unsafe Array($0) } }
    }

    static func of(_ values: [Float]) -> [UInt8] { of(values.map(\.bitPattern)) }

    static func fvecs(_ vectors: [[Float]]) -> [UInt8] {
        vectors.flatMap { of([Int32($0.count)]) + of($0) }
    }

    static func bvecs(_ vectors: [[UInt8]]) -> [UInt8] {
        vectors.flatMap { of([Int32($0.count)]) + $0 }
    }

    static func npy(_ header: String, _ body: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let length = header.utf8.count
        let prefix = version == 1 ? of([UInt16(length)]) : of([UInt32(length)])
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + prefix + Array(header.utf8) + body
    }
}
