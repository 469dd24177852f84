/// The head of a `.npy` file: a mark, a version, and a Python dictionary that says what the array is.
///
/// Source: NumPy's format description (numpy.lib.format), versions 1.0, 2.0 and 3.0.
struct NumpyHeader: Equatable {
    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    /// The mark, two bytes of version, and in versions 2 and 3 a length of four bytes.
    static let prefixBytes = 12
    /// NumPy pads heads to a multiple of 64; those of arrays of plain numbers have 128 bytes.
    static let lengthLimit = 1 << 16

    /// As the file spells it, such as `<f4`.
    let type: String
    let isFortranOrder: Bool
    let shape: [Int]

    /// What the type is here; nil for types that hold no vectors.
    var kind: ValueKind? {
        switch type {
        case "<f2": .float16
        case "<f4": .float32
        case "<f8": .float64
        case "|i1", "<i1": .int8
        case "|u1", "<u1": .uint8
        default: nil
        }
    }

    /// Where the dictionary begins, and its length; nil when `prefix` is not the beginning of a `.npy` file.
    static func dictionary(after prefix: ArraySlice<UInt8>) -> Range<Int>? {
        let bytes = Array(prefix)
        guard bytes.count >= prefixBytes, bytes.starts(with: magic) else { return nil }
        switch bytes[6] {
        case 1: return 10..<10 + (Int(bytes[8]) | Int(bytes[9]) << 8)
        case 2, 3: return 12..<12 + (0..<4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        default: return nil
        }
    }

    /// The dictionary; nil for a text that does not hold exactly the three fields in Python's notation.
    init?(_ text: String) {
        var scan = PythonScan(text)
        var type: String?, isFortranOrder: Bool?, shape: [Int]?
        guard scan.take("{") else { return nil }
        while !scan.take("}") {
            guard let name = scan.string(), scan.take(":") else { return nil }
            switch name {
            case "descr" where type == nil: type = scan.string()
            case "fortran_order" where isFortranOrder == nil:
                isFortranOrder = scan.take("True") ? true : scan.take("False") ? false : nil
                guard isFortranOrder != nil else { return nil }
            case "shape" where shape == nil: shape = scan.tuple()
            default: return nil
            }
            guard scan.take(",") || scan.isNext("}") else { return nil }
        }
        guard let type, let isFortranOrder, let shape, scan.isAtEnd else { return nil }
        self.type = type
        self.isFortranOrder = isFortranOrder
        self.shape = shape
    }

    /// The head of a file of float32 rows, always 128 bytes, so that the count can be written again at the end.
    static func bytes(rowCount: Int, dimension: Int) -> [UInt8] {
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rowCount), \(dimension)), }"
        let length = 128 - 10
        text += String(repeating: " ", count: length - 1 - text.utf8.count) + "\n"
        return magic + [1, 0, UInt8(length), 0] + Array(text.utf8)
    }
}

/// As much of Python's notation as the head of a `.npy` file has.
private struct PythonScan {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return rest.isEmpty
        }
    }

    mutating func isNext(_ word: String) -> Bool {
        skipBlanks()
        return rest.starts(with: word.utf8)
    }

    mutating func take(_ word: String) -> Bool {
        guard isNext(word) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    mutating func string() -> String? {
        skipBlanks()
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        rest = rest.dropFirst()
        let text = rest.prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
        rest = rest.dropFirst(text.count)
        guard rest.first == quote else { return nil }
        rest = rest.dropFirst()
        return String(decoding: text, as: UTF8.self)
    }

    /// Numbers that are not negative, in parentheses.
    mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var numbers: [Int] = []
        while !take(")") {
            skipBlanks()
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let number = Int(Substring(digits)) else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
            // Files of Python 2 have `10L`.
            _ = take("L")
            guard take(",") || isNext(")") else { return nil }
        }
        return numbers
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
