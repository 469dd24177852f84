import Testing

@testable import Analysis

/// Terms of a text, one behind the other.
private func terms(_ text: String, _ language: Language? = nil) -> [String] {
    Analyzer(language: language, role: .question).terms(of: text).map(\.text)
}

@Suite("Analysis: words")
struct WordTests {
    @Test(
        "words are letters, digits and marks; all else separates",
        arguments: [
            ("The quick, brown-fox_jumps", ["the", "quick", "brown", "fox", "jumps"]),
            ("a  b\t\n\u{0}c", ["a", "b", "c"]), ("", []), ("... --- !!!", []),
            ("x2 2x h264", ["x2", "2x", "h264"]),
            ("3.14 1,000,000 1.2.3 5. 6, .7", ["3.14", "1,000,000", "1.2.3", "5", "6", "7"]),
            ("see www.example.com/a?b=c", ["see", "www", "example", "com", "a", "b", "c"]),
            ("co\u{AD}operate", ["cooperate"]), ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
            ("👩‍👩‍👧 family 🎉party", ["family", "party"]), ("\u{301}\u{308} \u{200D}", []), ("x\u{FE0F}y", ["xy"]),
        ])
    func words(_ text: String, _ expected: [String]) {
        #expect(terms(text) == expected)
    }

    @Test(
        "case, width and accents are folded, alike for one and for two scalars",
        arguments: [
            ("STRASSE", "straße"), ("ΟΔΟΣ", "οδος"), ("ὈΔΥΣΣΕΎΣ", "οδυσσευς"), ("İSTANBUL", "istanbul"),
            ("DIŞ", "dış"), ("ＦＵＬＬ　ＷＩＤＴＨ１", "full width1"), ("café", "cafe\u{301}"), ("CAFÉ", "cafe"),
            ("Ångström", "A\u{30A}ngstro\u{308}m"), ("ﬁne ﬂag", "fine flag"), ("Łódź", "lodz"),
            ("Ærøskøbing", "aeroskobing"),
            ("Đà Nẵng", "da nang"), ("Đa\u{300} Na\u{306}\u{303}ng", "da nang"), ("Йод", "И\u{306}од"),
            ("ПРИВЕТ", "привет"), ("ﾊﾝｶｸ", "ハンカク"), ("ｶﾞ", "ガ"), ("か\u{3099}き\u{3099}", "がぎ"),
            ("ハ\u{309A}", "パ"), ("\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "한글"),
        ])
    func folded(_ text: String, _ same: String) {
        #expect(terms(text) == terms(same))
        #expect(!terms(text).isEmpty)
    }

    @Test("final sigma, sharp s and dotless i are what others search for")
    func spellings() {
        #expect(terms("ς Σ σ") == ["σ", "σ", "σ"])
        #expect(terms("ß ẞ") == ["ss", "ss"])
        #expect(terms("I ı İ i") == ["i", "i", "i", "i"])
        #expect(terms("œuvre Æsir þorn") == ["oeuvre", "aesir", "thorn"])
    }

    @Test("a term says where it stands")
    func places() {
        let text = "Ça, l'été! 東京都x"
        let found = Analyzer(language: .french, role: .question).terms(of: text)
        let bytes = Array(text.utf8)
        let pieces = found.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        #expect(pieces == ["Ça", "l", "été", "東京", "京都", "x"])
        #expect(found.map(\.position) == [0, 1, 2, 3, 4, 5])
        let marked = Analyzer(language: .english, role: .question).terms(of: "The dogs' re\u{301}sume\u{301}s.")
        #expect(marked.map(\.range) == [0..<3, 4..<8, 10..<21])
    }
}

@Suite("Analysis: languages")
struct LanguageAnalysisTests {
    @Test(
        "forms of one word are one term",
        arguments: [
            (Language.english, "running", "RUNS"), (.english, "dog's", "dogs"), (.english, "dog’s", "dog"),
            (.english, "relational", "relate"), (.french, "chevaux", "cheval"), (.french, "mangeaient", "manger"),
            (.french, "FENÊTRES", "fenetre"), (.spanish, "canciones", "canción"), (.spanish, "corriendo", "corrieron"),
            (.spanish, "NIÑOS", "niño"), (.portuguese, "MENINOS", "menino"), (.portuguese, "falando", "falar"),
            (.italian, "ragazzi", "ragazza"), (.italian, "parlavano", "parlare"), (.german, "Häuser", "Haus"),
            (.german, "STRASSEN", "Straße"), (.german, "schönste", "schön"), (.dutch, "huizen", "huizen"),
            (.dutch, "mogelijkheden", "mogelijkheid"), (.dutch, "bomen", "boom"),
        ])
    func stems(_ language: Language, _ one: String, _ other: String) {
        #expect(terms(one, language) == terms(other, language))
        #expect(terms(one, language).count == 1)
    }

    @Test(
        "a word with accents is found without them, whatever a stemmer cuts, and with them as before",
        arguments: [
            (Language.english, "résumés", "resume"), (.english, "Beyoncé", "beyonce"), (.english, "Brontë", "bronte"),
            (.english, "cliché", "cliche"), (.english, "exposé", "expose"), (.english, "protégé", "protege"),
            (.english, "re\u{301}sume\u{301}", "resumes"), (.german, "Straße", "strasse"),
            (.german, "schönste", "schonste"), (.french, "résumés", "resume"), (.french, "opéré", "opere"),
            (.french, "généralement", "generalement"), (.french, "fenêtres", "fenetre"),
            (.spanish, "canciones", "cancion"), (.spanish, "canción", "cancion"), (.portuguese, "ações", "acoes"),
            (.italian, "parlerà", "parlera"), (.dutch, "coördinatie", "coordinatie"),
        ])
    func withoutAccents(_ language: Language, _ stored: String, _ asked: String) {
        let analyzer = Analyzer(language: language, role: .text), found = analyzer.terms(of: stored)
        let texts = Set(found.map(\.text))
        #expect(terms(asked, language).allSatisfy { texts.contains($0) }, "\(texts)")
        #expect(terms(stored, language).allSatisfy { texts.contains($0) }, "\(texts)")
        #expect(found.count == texts.count && found.allSatisfy { $0.range == 0..<stored.utf8.count })
        #expect(found.count <= (language == .english ? 1 : 2))
        // In English, where accents go first, it is the other way round, too.
        if language == .english { #expect(terms(stored, language) == terms(asked, language)) }
    }

    @Test("a word of a text has a second term only where its accents change the stem")
    func secondTerms() {
        func ofText(_ text: String) -> [Analyzer.Term] { Analyzer(language: .italian, role: .text).terms(of: text) }
        #expect(ofText("il parlerà due").map(\.text) == ["il", "parl", "parler", "due"])
        #expect(ofText("il parlerà due").map(\.range) == [0..<2, 3..<11, 3..<11, 12..<15])
        #expect(ofText("il parlerà due").map(\.position) == [0, 1, 2, 3])
        #expect(ofText("città").count == 1 && ofText("città").map(\.text) == terms("citta", .italian))
    }

    @Test("different words stay different, and without a language nothing is cut", arguments: Language.allCases)
    func different(_ language: Language) {
        #expect(terms("house", language) != terms("mouse", language))
        #expect(terms("running") == ["running"])
    }

    @Test("an article before an apostrophe is a word of its own, but in English")
    func apostrophes() {
        #expect(terms("l'amour d’Italia", .french).count == 4)
        #expect(terms("don't O'Neil", .english).count == 2)
        #expect(terms("'quoted' rock'", .english) == ["quot", "rock"])
    }

    @Test(
        "Han, Kana and Hangul are pairs of neighbours, one alone is itself",
        arguments: [Language?.none, .chinese, .japanese, .korean, .english])
    func pairs(_ language: Language?) {
        #expect(terms("東京都", language) == ["東京", "京都"])
        #expect(terms("水", language) == ["水"])
        #expect(terms("学生です。先生", language) == ["学生", "生で", "です", "先生"])
        #expect(terms("한국어 글", language) == ["한국", "국어", "글"])
        #expect(terms("iPhone手机2024年", language).count == 4)
        #expect(terms("𠮷野家", language) == ["𠮷野", "野家"])
        #expect(terms("コンピューター", language).count == 6)
    }

    @Test("in a text each of their characters is a term, too: one alone may be asked for")
    func characters() {
        func ofText(_ text: String) -> [Analyzer.Term] { Analyzer(language: .japanese, role: .text).terms(of: text) }
        #expect(ofText("東京都").map(\.text) == ["東", "東京", "京", "京都", "都"])
        #expect(ofText("吾輩は猫。猫").map(\.text) == ["吾", "吾輩", "輩", "輩は", "は", "は猫", "猫", "猫"])
        #expect(ofText("か\u{3099}x").map(\.text) == ["が", "x"])
        #expect(ofText("東京").map(\.range) == [0..<3, 0..<6, 3..<6])
        for language in Language.allCases {
            for asked in ["水", "東京", "東京都", "글"] {
                let found = Set(Analyzer(language: language, role: .text).terms(of: "の東京都。水と한글").map(\.text))
                #expect(terms(asked, language).allSatisfy { found.contains($0) })
            }
        }
    }

    @Test("Latin words among them are words, without a stem", arguments: [Language.chinese, .japanese, .korean])
    func latin(_ language: Language) {
        #expect(terms("Running東京Caﬀè", language) == ["running", "東京", "caffe"])
    }
}

@Suite("Analysis: hostile text")
struct HostileTextTests {
    private let languages: [Language?] = Language.allCases + [nil]

    @Test("a megabyte without a space is one term that fits a key")
    func long() {
        for language in languages {
            for piece in ["a", "é", "e\u{301}", "ß", "д", "𝒳", "7", "\u{301}a\u{34F}"] {
                let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
                let found = Analyzer(language: language, role: .question).terms(of: text)
                #expect(found.count == 1)
                #expect(found.allSatisfy { $0.text.utf8.count <= Analyzer.termByteLimit })
                #expect(found.allSatisfy { String(validating: Array($0.text.utf8), as: UTF8.self) != nil })
            }
        }
    }

    @Test("a megabyte of Han is its pairs, and of marks, emoji or NUL nothing")
    func others() {
        let han = Analyzer(language: .chinese, role: .question).terms(of: String(repeating: "水", count: 300_000))
        #expect(han.count == 299_999)
        let text = Analyzer(language: .chinese, role: .text).terms(of: String(repeating: "水", count: 300_000))
        #expect(text.count == 599_999)
        for piece in ["\u{301}", "🎉", "\u{0}", "\u{200D}", "👩‍👩‍👧", "。", "'", "."] {
            #expect(terms(String(repeating: piece, count: 200_000), .english).isEmpty)
        }
    }

    @Test("any scalars at all: terms are right UTF-8 within bounds, ranges rise inside the text", arguments: 1...20)
    func random(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let starts: [UInt32] = [
            0, 0x20, 0xC0, 0x300, 0x370, 0x900, 0x1100, 0x1E00, 0x2000, 0x3000, 0xAC00, 0xFB00, 0xFF00, 0x1F300,
            0xE0100,
        ]
        var text = ""
        for _ in 0..<3000 {
            let start = starts[Int(next() % UInt64(starts.count))]
            if let scalar = Unicode.Scalar(start + UInt32(next() % 256)) { text.unicodeScalars.append(scalar) }
        }
        for language in languages {
            for role in Analyzer.Role.allCases {
                let found = Analyzer(language: language, role: role).terms(of: text)
                var before = 0
                for (position, term) in found.enumerated() {
                    #expect(!term.text.isEmpty && term.text.utf8.count <= Analyzer.termByteLimit, "seed \(seed)")
                    #expect(term.range.lowerBound >= before && term.range.upperBound <= text.utf8.count, "seed \(seed)")
                    #expect(!term.range.isEmpty && term.position == position, "seed \(seed)")
                    before = term.range.lowerBound
                }
            }
        }
    }
}
