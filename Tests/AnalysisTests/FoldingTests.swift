import Testing

@testable import Analysis

/// The tables against what Unicode's data says through the standard library, and the kinds of scalars.
@Suite("Analysis: tables")
struct FoldingTests {
    private func folded(_ value: UInt32) -> String {
        var out: [UInt8] = []
        Accents.fold(value, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test("each accented letter in the table is its letter and marks, as the standard library compares them")
    func accents() throws {
        var count = 0
        for value in Array(UInt32(0xE0)..<0x530) + Array(0x1E00..<0x2000) {
            let scalar = try #require(Unicode.Scalar(value)), letter = folded(value)
            guard letter != String(scalar), letter.unicodeScalars.count == 1, let base = letter.unicodeScalars.first
            else {
                continue
            }
            count += 1
            // Those that Unicode does not decompose are a few by hand.
            if "øłđðħıŧƀɨſŋƒɓȷǿẛŉŀ".unicodeScalars.contains(scalar) { continue }
            let marks = (0x300...0x345).compactMap { Unicode.Scalar($0) }
            let one = marks.contains { String(String.UnicodeScalarView([base, $0])) == String(scalar) }
            let two = marks.contains { first in
                marks.contains { String(String.UnicodeScalarView([base, first, $0])) == String(scalar) }
            }
            #expect(one || two || "ᾂᾃᾄᾅᾆᾇᾒᾓᾔᾕᾖᾗᾢᾣᾤᾥᾦᾧ".unicodeScalars.contains(scalar), "\(scalar)")
        }
        #expect(count > 400)
    }

    @Test("letters and marks are composed as the standard library compares them")
    func composed() {
        let letters = Array("aceinouyかきくけこさしすせそたちつてとはひふへほうカキタチツテトハヒフヘホウ".unicodeScalars)
        for letter in letters {
            for mark in [0x300, 0x301, 0x302, 0x303, 0x308, 0x30A, 0x327, 0x3099, 0x309A].compactMap({
                Unicode.Scalar($0)
            }) {
                guard let one = Folding.composed(letter.value, mark.value).flatMap({ Unicode.Scalar($0) }) else {
                    continue
                }
                #expect(String(String.UnicodeScalarView([letter, mark])) == String(one))
            }
        }
        #expect(Folding.syllable(0x1112, 0x1161) == 0xD558 && Folding.syllable(0xD558, 0x11AB) == 0xD55C)
        #expect(Folding.syllable(0xD55C, 0x11AB) == nil)
    }

    @Test("kinds of scalars, and their bytes back and forth")
    func kinds() {
        let kinds: [(String, ScalarKind)] = [
            ("a", .letter), ("ß", .letter), ("д", .letter), ("5", .digit), ("٣", .digit), ("水", .cjk), ("が", .cjk),
            ("글", .cjk), ("\u{301}", .mark), ("\u{AD}", .ignored), ("\u{FE0F}", .ignored), ("'", .apostrophe),
            ("’", .apostrophe), (".", .numberPoint), (" ", .other), ("🎉", .other), ("²", .other),
        ]
        for (text, kind) in kinds {
            for scalar in text.unicodeScalars.prefix(1) { #expect(ScalarKind(scalar.value) == kind, "\(text)") }
        }
        for value in [0x24, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32] {
            var bytes: [UInt8] = []
            bytes.append(scalar: value)
            let decoded = DecodedScalar(bytes.span, at: 0)
            #expect(decoded.value == value && decoded.byteCount == bytes.count)
        }
    }
}
