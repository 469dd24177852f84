internal import Glibc

/// The TEXMEX formats: each record an int32 dimension, then as many float32 (.fvecs) or bytes (.bvecs), little-endian.
final class VecsReader: VectorFileReader {
    private let source: ByteSource
    private let elementBytes: Int
    private var dimension: Int?
    private var record = 0
    let recordCount: Int?

    init(_ path: String, elementBytes: Int) throws(FormatError) {
        source = try ByteSource(path)
        self.elementBytes = elementBytes
        var info = stat()
        let head = source.take(4)
        dimension = head.count == 4 ? try Self.dimension(head, source.name, 0, 0) : nil
        if head.count > 0, head.count < 4 {
            throw FormatError(file: source.name, record: 0, byteOffset: 0, why: "the file ends within a dimension")
        }
        if path != "-", unsafe stat(path, &info) == 0, let dimension {
            recordCount = Int(info.st_size) / (4 + dimension * elementBytes)
        } else {
            recordCount = nil
        }
    }

    private static func dimension(
        _ head: [UInt8], _ name: String, _ record: Int, _ offset: Int
    ) throws(FormatError) -> Int {
        let value = head.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
        let count = Int(Int32(bitPattern: value))
        guard (1...4096).contains(count) else {
            throw FormatError(
                file: name, record: record, byteOffset: offset,
                why: "dimension \(count); 1 to 4,096 are possible. Is it a .fvecs or .bvecs file?")
        }
        return count
    }

    func next(_ limit: Int) throws(FormatError) -> VectorBatch? {
        guard let dimension else { return nil }
        var batch = VectorBatch(firstRecord: record, count: 0, values: [], dimension: dimension)
        batch.values.reserveCapacity(limit * dimension)
        while batch.count < limit {
            guard try record(into: &batch) else { break }
        }
        return batch.count > 0 ? batch : nil
    }

    /// Reads one record; the dimension before the first was read at opening. False at the end.
    private func record(into batch: inout VectorBatch) throws(FormatError) -> Bool {
        let begin = source.offset
        if record > 0 {
            guard let head = unsafe source.withNext(4, { unsafe Array($0) }) else {
                if source.isAtEnd { return false }
                throw cut(begin)
            }
            let found = try Self.dimension(head, source.name, record, begin)
            guard found == batch.dimension else {
                throw FormatError(
                    file: source.name, record: record, byteOffset: begin,
                    why: "dimension \(found), the records before it have \(batch.dimension)")
            }
        }
        let wasWhole: Void? = unsafe source.withNext(batch.dimension * elementBytes) { bytes in
            if elementBytes == 1 {
                unsafe batch.values.append(contentsOf: bytes.map { Float($0) })
            } else {
                // Every machine that this builds for is little-endian, and so is the file.
                unsafe batch.values.append(contentsOf: unsafe bytes.assumingMemoryBound(to: Float.self))
            }
        }
        guard wasWhole != nil else { throw cut(begin) }
        batch.count += 1
        record += 1
        return true
    }

    private func cut(_ begin: Int) -> FormatError {
        FormatError(
            file: source.name, record: record, byteOffset: begin,
            why: "the file ends within the record; \(record) whole records come before it")
    }

    func skip(_ count: Int) throws(FormatError) {
        guard count > 0, let dimension else { return }
        let bytes = count * (4 + dimension * elementBytes) - (record == 0 ? 4 : 0)
        guard source.skip(bytes) else {
            throw FormatError(
                file: source.name, record: record, byteOffset: source.offset, why: "it has fewer than \(count) records")
        }
        record += count
    }
}
