/// Bytes of a text file as a string: UTF-8, UTF-16 with a byte order mark, else Windows-1252, which takes most bytes
/// and is what old files are in.
enum DecodedText {
    /// Nil for what is no text: zero bytes in it, or control characters in numbers.
    ///
    /// - Parameter isHTML: it may declare its charset, which then counts before all but a byte order mark.
    static func string(_ bytes: [UInt8], isHTML: Bool = false) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes) }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        guard !looksBinary(body) else { return nil }
        if isHTML, body.startIndex == 0, let text = DeclaredCharset.string(bytes) { return text }
        if let text = String(validating: body, as: UTF8.self) { return text }
        var text = String.UnicodeScalarView()
        for byte in body { text.append(windows1252(byte)) }
        return String(text)
    }

    private static func looksBinary(_ bytes: ArraySlice<UInt8>) -> Bool {
        var controlCount = 0
        for byte in bytes where byte < 0x20 && !(0x07...0x0D).contains(byte) && byte != 0x1B {
            if byte == 0 { return true }
            controlCount += 1
        }
        return controlCount * 100 > bytes.count
    }

    private static func utf16(_ bytes: [UInt8]) -> String? {
        let isLittle = bytes[0] == 0xFF
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for at in stride(from: 2, to: bytes.count - 1, by: 2) {
            let (a, b) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
            units.append(isLittle ? a | b << 8 : a << 8 | b)
        }
        let text = String(decoding: units, as: UTF16.self)
        return text.unicodeScalars.contains("\0") ? nil : text
    }

    /// 0x80 to 0x9F; five of them are nothing.
    private static let high: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]

    private static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(high[Int(byte) - 0x80]) ?? "\u{FFFD}"
    }
}
