/// Makes spellings of one word one: width and case before the stemmer, accents after it (in English before).
///
/// Case is folded as Unicode's default does, independent of the system's language: "I" is "i", "İ" too, final sigma is
/// sigma. Stemmers but the English one know accented letters, so that accents go last; a text whose accents are scalars
/// of their own is composed before, as far as stemmers look.
enum Folding {
    /// Forms that Unicode holds for old systems only, as what they stand for. Ligatures are left.
    static func narrow(_ value: UInt32) -> UInt32 {
        guard value >= 0xFF01 else { return value }
        switch value {
        case 0xFF01...0xFF5E: return value - 0xFEE0
        case 0xFF66...0xFF9F: return halfWidthKana[Int(value - 0xFF66)]
        default: return value
        }
    }

    /// U+FF66 to U+FF9F: kana, then the two voicing marks.
    private static let halfWidthKana: [UInt32] =
        "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
        .unicodeScalars.map(\.value) + [0x3099, 0x309A]

    /// Calls `body` with a letter's lower case, which may be two scalars.
    static func lower(_ value: UInt32, _ body: (UInt32) -> Void) {
        switch value {
        case 0x00C0...0x00DE where value != 0xD7: body(value + 0x20)
        case 0x00DF...0x00FF: body(value)
        case 0x0130: body(0x69)
        case 0x03C2: body(0x03C3)
        case 0xFB00...0xFB06: for scalar in ligatures[Int(value - 0xFB00)].unicodeScalars { body(scalar.value) }
        default:
            guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else {
                return body(value)
            }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars { body(lower.value) }
        }
    }

    /// U+FB00 to U+FB06.
    private static let ligatures = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"]

    /// One letter for a letter and the mark behind it; nil where there is none that a stemmer or a pair of kana wants.
    static func composed(_ letter: UInt32, _ mark: UInt32) -> UInt32? {
        switch mark {
        case 0x0300...0x0327: latin[letter << 16 | mark]
        case 0x3099: voiced(letter)
        case 0x309A: isHa(letter) ? letter + 2 : nil
        default: nil
        }
    }

    private static let latin: [UInt32: UInt32] = {
        let letters: [(mark: UInt32, pairs: String)] = [
            (0x0300, "aàeèiìoòuù"), (0x0301, "aáeéiíoóuúyý"), (0x0302, "aâeêiîoôuû"), (0x0303, "aãnñoõ"),
            (0x0308, "aäeëiïoöuüyÿ"), (0x030A, "aå"), (0x0327, "cç"),
        ]
        var out: [UInt32: UInt32] = [:]
        for (mark, pairs) in letters {
            let scalars = pairs.unicodeScalars.map(\.value)
            for at in stride(from: 0, to: scalars.count - 1, by: 2) { out[scalars[at] << 16 | mark] = scalars[at + 1] }
        }
        return out
    }()

    private static func voiced(_ kana: UInt32) -> UInt32? {
        let hiragana = kana >= 0x30A1 ? kana - 0x60 : kana
        switch hiragana {
        case 0x3046: return kana + 0x4E  // u -> vu
        case 0x304B...0x3061 where hiragana % 2 == 1: return kana + 1  // ka to chi
        case 0x3064, 0x3066, 0x3068: return kana + 1  // tsu te to
        default: return isHa(kana) ? kana + 1 : nil
        }
    }

    /// ha hi fu he ho
    private static func isHa(_ kana: UInt32) -> Bool {
        let hiragana = kana >= 0x30A1 ? kana - 0x60 : kana
        return (0x306F...0x307B).contains(hiragana) && hiragana % 3 == 0
    }

    /// A syllable of Hangul for one of its beginnings and the letter behind it; nil where they make none.
    static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if (0xAC00...0xD7A3).contains(first), (first - 0xAC00) % 28 == 0, (0x11A8...0x11C2).contains(second) {
            return first + second - 0x11A7
        }
        return nil
    }

    /// Takes the accents from a word: `word` becomes `folded`, which is used as scratch.
    static func removeAccents(_ word: inout [UInt8], scratch folded: inout [UInt8]) {
        folded.removeAll(keepingCapacity: true)
        var at = 0
        while at < word.count {
            let scalar = DecodedScalar(word.span, at: at)
            at += scalar.byteCount
            Accents.fold(scalar.value, into: &folded)
        }
        swap(&word, &folded)
    }
}
