internal import CFaiss

/// The form of an IVF-PQ index.
public struct IndexSettings: Sendable, Equatable {
    /// Lists.
    public var listCount: Int
    /// Bytes of one code: the sub spaces of the product quantiser, 8 bits each. Divides the padded dimension.
    public var codeBytes: Int

    public init(listCount: Int, codeBytes: Int) {
        self.listCount = listCount
        self.codeBytes = codeBytes
    }

    /// Whether the codes divide the padded dimension and both numbers are in range.
    func fits(dimension: Int) -> Bool {
        (1...Self.mostLists).contains(listCount) && codeBytes >= 1 && dimension >= 1
            && Preparation.width(of: dimension) % codeBytes == 0
    }

    static let mostLists = 1 << 20

    /// As the door to FAISS wants it.
    func shape(dimension: Int) -> mvf_shape {
        mvf_shape(
            d: UInt32(dimension), width: UInt32(Preparation.width(of: dimension)), nlist: UInt32(listCount),
            m: UInt32(codeBytes))
    }

    /// As FAISS's index factory spells it.
    public var factory: String { "IVF\(listCount),PQ\(codeBytes)" }

    /// Fewer training rows a list than this and FAISS's k-means makes poor lists.
    public static let trainingRowsPerList = 39

    /// By count and dimension: lists near 4 sqrt n; codes of half the dimension up to 64 bytes and more slowly above.
    ///
    /// - Parameter sampleCount: rows that the training can have.
    public static func automatic(rowCount: Int, sampleCount: Int, dimension: Int) -> IndexSettings {
        let byRows = Int(4 * Double(rowCount).squareRoot())
        let listCount = max(1, min(byRows, sampleCount / trainingRowsPerList))
        return IndexSettings(listCount: listCount, codeBytes: automaticCodeBytes(dimension))
    }

    /// 4 bits a dimension and more for short vectors, down to 1 bit for the longest; divides the padded dimension.
    static func automaticCodeBytes(_ dimension: Int) -> Int {
        let width = (dimension + 7) / 8 * 8
        let wanted = min(width, max(8, min(width / 2, 64 + max(0, width - 128) / 8)))
        return (1...wanted).last { width % $0 == 0 } ?? 1
    }

    /// From a factory string. Nil for `Flat`: no index, every query scans.
    /// - Throws: ``IndexError/factory(_:why:)``.
    public static func parse(_ text: String, dimension: Int) throws(IndexError) -> IndexSettings? {
        if text == "Flat" { return nil }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("IVF"), parts[1].hasPrefix("PQ"),
            let lists = Int(parts[0].dropFirst(3)),
            let bytes = Int(parts[1].dropFirst(2).replacing(/(x8)?(np)?$/, with: ""))
        else { throw .factory(text, why: "it is not understood") }
        guard (1...mostLists).contains(lists) else { throw .factory(text, why: "1 to 1,048,576 lists are possible") }
        let width = (dimension + 7) / 8 * 8
        guard bytes > 0, width % bytes == 0 else {
            throw .factory(
                text, why: "PQ\(bytes) does not divide \(width), the dimension rounded up to a multiple of 8")
        }
        return IndexSettings(listCount: lists, codeBytes: bytes)
    }
}
