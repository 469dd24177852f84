/// The formats of vector files.
public enum FileFormat: String, Sendable, CaseIterable, CustomStringConvertible {
    /// Records of an int32 `d` and `d` float32 values, little-endian, as the TEXMEX data sets have them.
    case fvecs
    /// Records of an int32 `d` and `d` bytes, each a value 0...255.
    case bvecs
    /// NumPy's array file, versions 1 to 3: two dimensions in C order; float16, 32 or 64, int8 or uint8.
    case npy
    /// A JSON object a line: `{"key": "doc-17", "vector": [0.1, 0.2], "metadata": {"year": 2024}}`.
    case jsonl

    public var description: String { rawValue }

    /// By the ending of the name; `-`, the standard input or output, is JSON lines. Nil for an ending of another kind.
    public init?(path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last.map { $0.lowercased() } ?? ""
        switch ending {
        case _ where path == "-": self = .jsonl
        case "fvecs": self = .fvecs
        case "bvecs": self = .bvecs
        case "npy": self = .npy
        case "jsonl", "ndjson": self = .jsonl
        default: return nil
        }
    }

    /// By the first bytes of a file. `.fvecs` and `.bvecs` carry no mark: they are known by name alone.
    init?(firstBytes: ArraySlice<UInt8>) {
        if firstBytes.starts(with: NumpyHeader.magic) {
            self = .npy
        } else if firstBytes.first(where: { !JSONLinesSource.isBlank($0) }) == UInt8(ascii: "{") {
            self = .jsonl
        } else {
            return nil
        }
    }
}
