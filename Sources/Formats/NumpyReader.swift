/// NumPy's .npy, versions 1 and 2: a matrix of float32, float64, float16, int8 or uint8 in C order, little-endian.
final class NumpyReader: VectorFileReader {
    private let source: ByteSource
    private let dimension: Int
    private let element: Element
    private let rowCount: Int
    private var record = 0
    var recordCount: Int? { rowCount }

    private enum Element: String {
        case half = "<f2"
        case single = "<f4"
        case double = "<f8"
        case int8 = "|i1"
        case uint8 = "|u1"
        var byteCount: Int {
            switch self {
            case .half: 2
            case .single: 4
            case .double: 8
            case .int8, .uint8: 1
            }
        }
    }

    init(_ path: String) throws(FormatError) {
        source = try ByteSource(path)
        func wrong(_ why: String) -> FormatError { FormatError(file: path, record: 0, byteOffset: 0, why: why) }
        let magic = source.take(8)
        guard magic.count == 8, Array(magic[..<6]) == [0x93] + Array("NUMPY".utf8), (1...3).contains(magic[6]) else {
            throw wrong("it does not begin as a .npy file does")
        }
        let sizeBytes = source.take(magic[6] == 1 ? 2 : 4)
        let size = sizeBytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        guard size <= 1 << 16 else { throw wrong("its header has \(size) bytes") }
        let header = String(decoding: source.take(size), as: UTF8.self)
        guard let shape = header.firstMatch(of: /'shape':\s*\((\d+),\s*(\d+)\s*,?\)/),
            let rows = Int(shape.1), let columns = Int(shape.2)
        else { throw wrong("it is not a matrix: its header is \(header.prefix(120))") }
        guard (1...4096).contains(columns) else { throw wrong("\(columns) columns; 1 to 4,096 are possible") }
        guard header.contains(/'fortran_order':\s*False/) else {
            throw wrong("it is in Fortran order; save it in C order")
        }
        guard let type = header.firstMatch(of: /'descr':\s*'([^']*)'/), let element = Element(rawValue: String(type.1))
        else { throw wrong("its elements are none of float16, float32, float64, int8, uint8 in little-endian") }
        self.element = element
        dimension = columns
        rowCount = rows
    }

    func next(_ limit: Int) throws(FormatError) -> VectorBatch? {
        let count = min(limit, rowCount - record)
        guard count > 0 else { return nil }
        let begin = source.offset, rowBytes = dimension * element.byteCount
        let bytes = source.take(count * rowBytes)
        let whole = bytes.count / rowBytes
        guard whole > 0 else {
            throw FormatError(
                file: source.name, record: record, byteOffset: begin,
                why: "the file ends here; its header promises \(rowCount) rows")
        }
        var batch = VectorBatch(firstRecord: record, count: whole, values: [], dimension: dimension)
        batch.values.reserveCapacity(whole * dimension)
        unsafe bytes.withUnsafeBytes { raw in
            for i in 0..<whole * dimension {
                let at = i * element.byteCount
                switch element {
                case .half:
                    unsafe batch.values.append(
                        Float(Float16(bitPattern: raw.loadUnaligned(fromByteOffset: at, as: UInt16.self))))
                case .single:
                    unsafe batch.values.append(
                        Float(bitPattern: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                case .double:
                    unsafe batch.values.append(
                        Float(Double(bitPattern: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))))
                case .int8: unsafe batch.values.append(Float(raw.load(fromByteOffset: at, as: Int8.self)))
                case .uint8: unsafe batch.values.append(Float(raw[at]))
                }
            }
        }
        record += whole
        return batch
    }

    func skip(_ count: Int) throws(FormatError) {
        guard count <= rowCount - record, source.skip(count * dimension * element.byteCount) else {
            throw FormatError(
                file: source.name, record: record, byteOffset: source.offset, why: "it has fewer than \(count) rows")
        }
        record += count
    }
}
