/// A scalar of UTF-8 that is known to be right, as a `String` holds it.
struct DecodedScalar {
    let value: UInt32
    let byteCount: Int

    init(_ text: Span<UInt8>, at: Int) {
        let first = UInt32(text[at])
        if first < 0x80 {
            (value, byteCount) = (first, 1)
        } else if first < 0xE0 {
            (value, byteCount) = ((first & 0x1F) << 6 | Self.low(text, at + 1), 2)
        } else if first < 0xF0 {
            (value, byteCount) = (
                (first & 0x0F) << 12 | Self.low(text, at + 1) << 6 | Self.low(text, at + 2), 3
            )
        } else {
            (value, byteCount) = (
                (first & 0x07) << 18 | Self.low(text, at + 1) << 12 | Self.low(text, at + 2) << 6
                    | Self.low(text, at + 3), 4
            )
        }
    }

    private static func low(_ text: Span<UInt8>, _ at: Int) -> UInt32 { UInt32(text[at] & 0x3F) }
}

extension [UInt8] {
    mutating func append(scalar value: UInt32) {
        if value < 0x80 {
            append(UInt8(truncatingIfNeeded: value))
        } else if value < 0x800 {
            append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else if value < 0x10000 {
            append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else {
            append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        }
    }
}

/// What a scalar does to a word.
enum ScalarKind {
    case letter, digit
    /// A character of Han, Kana or Hangul.
    case cjk
    /// An accent or a vowel sign: goes with what is before it.
    case mark
    /// Inside a word as if it were not there: soft hyphen, joiners, variation selectors.
    case ignored
    case apostrophe
    /// Between digits a part of the number.
    case numberPoint
    case other

    /// - Parameter value: after ``Folding/narrow(_:)``.
    init(_ value: UInt32) {
        if value < 0x80 {
            self = Self.ascii(UInt8(truncatingIfNeeded: value))
        } else if Self.isCJK(value) {
            self = .cjk
        } else {
            self = Self.wide(value)
        }
    }

    private static func ascii(_ byte: UInt8) -> ScalarKind {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
        case UInt8(ascii: "'"): .apostrophe
        case UInt8(ascii: "."), UInt8(ascii: ","): .numberPoint
        default: .other
        }
    }

    private static func wide(_ value: UInt32) -> ScalarKind {
        switch value {
        case 0x2019, 0x02BC: return .apostrophe
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: return .ignored
        default: break
        }
        guard let scalar = Unicode.Scalar(value) else { return .other }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber: return .digit
        case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
        case .format: return .ignored
        default: return .other
        }
    }

    /// Scripts that are written without spaces between words, and Hangul, whose words carry particles: what Lucene's
    /// CJKBigramFilter makes pairs of.
    static func isCJK(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        return switch value {
        case 0x1100...0x11FF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xD7B0...0xD7FB, 0x3131...0x318E: true  // Hangul
        case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF: true  // Kana
        case 0x1B000...0x1B16F: true  // Kana of old
        case 0x2E80...0x2FDF, 0x3005, 0x3007, 0x3021...0x3029, 0x3400...0x4DBF, 0x4E00...0x9FFF: true  // Han
        case 0xF900...0xFAFF, 0x20000...0x3FFFD: true
        default: false
        }
    }
}
