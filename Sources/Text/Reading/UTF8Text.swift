/// Questions about text that lies in an array of UTF-8, where an index costs nothing.
enum UTF8Text {
    /// Blank, tab, line feed, vertical tab, form feed, carriage return.
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The scalar that begins at `place`, and its bytes; a byte that begins none counts as U+FFFD of one byte.
    static func scalar(in bytes: [UInt8], at place: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = bytes[place]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, place + length <= bytes.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for next in bytes[place + 1..<place + length] {
            guard next & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value) else { return ("\u{FFFD}", 1) }
        return (scalar, length)
    }

    /// Without the ASCII blanks at its ends.
    static func trimmed(_ range: Range<Int>, of bytes: [UInt8]) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, isSpace(bytes[low]) { low += 1 }
        while high > low, isSpace(bytes[high - 1]) { high -= 1 }
        return low..<high
    }

    /// Whether nothing but white space of any kind is there.
    static func isBlank(_ range: Range<Int>, of bytes: [UInt8]) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound {
            let (scalar, length) = scalar(in: bytes, at: at)
            if !scalar.properties.isWhitespace, scalar != "\u{FEFF}", scalar != "\u{200B}" { return false }
            at += length
        }
        return true
    }

    static func string(_ range: Range<Int>, of bytes: [UInt8]) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
