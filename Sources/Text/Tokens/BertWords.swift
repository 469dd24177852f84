internal import Foundation

/// The words of a text as BERT's uncased models see them: cleaned of control characters, lower case without accents,
/// cut at spaces, with each punctuation mark and each Chinese character for itself.
///
/// As `BertNormalizer` and `BertPreTokenizer` of Hugging Face's tokenizers.
struct BertWords {
    /// UTF-8 of the words, one after another.
    private(set) var bytes: [UInt8] = []
    /// Where each ends in ``bytes``.
    private(set) var ends: [Int] = []
    private var start = 0

    init(_ text: String) {
        bytes.reserveCapacity(text.utf8.count)
        var text = text
        let isASCII = text.withUTF8 { unsafe $0.allSatisfy { $0 < 0x80 } }
        if isASCII {
            for byte in text.utf8 { take(ascii: byte) }
        } else {
            for scalar in Self.normalised(text) { take(scalar) }
        }
        endWord()
    }

    private mutating func take(ascii byte: UInt8) {
        switch byte {
        case 0x09, 0x0A, 0x0D, 0x20: endWord()
        case 0..<0x20, 0x7F: break
        case 0x41...0x5A: bytes.append(byte + 0x20)
        case 0x30...0x39, 0x61...0x7A: bytes.append(byte)
        default:
            endWord()
            bytes.append(byte)
            endWord()
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        if scalar.isASCII { return take(ascii: UInt8(scalar.value)) }
        if scalar.properties.isWhitespace { return endWord() }
        let standsAlone = Self.isChinese(scalar) || Self.isPunctuation(scalar)
        if standsAlone { endWord() }
        bytes.append(contentsOf: UTF8.encode(scalar)!)
        if standsAlone { endWord() }
    }

    private mutating func endWord() {
        guard bytes.count > start else { return }
        ends.append(bytes.count)
        start = bytes.count
    }

    /// Control characters dropped, accents taken off, in lower case.
    private static func normalised(_ text: String) -> [Unicode.Scalar] {
        let cleaned = String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { !isControl($0) && $0.value != 0 && $0.value != 0xFFFD }))
        let plain = cleaned.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
            $0.properties.generalCategory != .nonspacingMark
        }
        return plain.flatMap { $0.isASCII ? [$0] : Array($0.properties.lowercaseMapping.unicodeScalars) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": false
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .privateUse, .surrogate, .unassigned: true
            default: false
            }
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// The blocks of ideographs, not kana and not hangul.
    private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
