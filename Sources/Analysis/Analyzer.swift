/// Turns a text into terms: what full-text search compares.
///
/// Words are put in lower case, cut to their stem where the language has one, and lose their accents: in English, whose
/// stemmer knows none, before they are cut. Of another language a text has the stem of the word without accents
/// besides, where that is another, as people type it. Of Han, Kana and Hangul each pair of neighbours is a term, and of
/// a text each character besides, as one alone may be a word that is asked for. Text and question must go through
/// analyzers of one language. No words are left out: BM25 gives those that are everywhere little weight.
///
/// Not for two threads at once: a stemmer has one buffer. Making one costs about a microsecond.
public final class Analyzer {
    /// Another number where the terms of a text have changed, because of this code or of another libstemmer: postings
    /// of before do not fit then.
    public static let fingerprint = terms(of: sample)
    /// No term has more bytes; longer words are cut.
    public static let termByteLimit = 250

    /// What is analyzed.
    public enum Role: Sendable, CaseIterable {
        /// What is stored.
        case text
        /// What is sought in it.
        case question
    }

    /// Nil where words stay as they are but for case and accents.
    public let language: Language?
    private let role: Role
    private let stemmer: Stemmer?

    /// Takes words as the language has them; nil leaves them but for case and accents.
    public init(language: Language?, role: Role) {
        self.language = language
        self.role = role
        stemmer = language?.stemmerName.map { Stemmer($0) }
    }

    /// Calls `body` with each term of `text`, in order: its bytes in UTF-8, its position (0 and up), and the bytes of
    /// `text` that it stands for. Neighbouring pairs overlap, characters that stand besides lie in them, and a word's
    /// second term has the place of the first.
    ///
    /// - Complexity: about 40 ns a byte in English.
    public func forEachTerm(
        in text: String, _ body: (_ term: Span<UInt8>, _ position: Int, _ range: Range<Int>) throws -> Void
    ) rethrows {
        let bytes = text.utf8Span.span
        var scanner = TermScanner(
            stemmer: stemmer, joinsApostrophes: language == .english, foldsFirst: language == .english,
            addsVariants: role == .text)
        var position = 0
        while scanner.next(bytes) {
            // A word of nothing but accents leaves none.
            guard !scanner.term.isEmpty else { continue }
            try body(scanner.term.span, position, scanner.range)
            position += 1
        }
    }

    /// Words whose stems differ between versions of the algorithms, if any do.
    private static let sample =
        "Generalisations, skies and dying dogs' news ran 3.14 cœurs chevaux généralement canciones corriendo ações "
        + "falávamos ragazzi parlavano parlerà résumés Häuser schönste Füße huizen mogelijkheden lopende 東京都 한국어 "
        + "Ｗｉｄｅ ßİς"

    /// FNV-1a over the terms of `text` in each language.
    private static func terms(of text: String) -> UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        func add(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        for language in Language.allCases + [Language?.none] {
            for role in Role.allCases {
                Analyzer(language: language, role: role).forEachTerm(in: text) { term, _, _ in
                    for at in term.indices { add(term[at]) }
                    add(0)
                }
            }
        }
        return hash
    }

    /// One occurrence of a term.
    public struct Term: Sendable, Equatable {
        /// The term as it is indexed.
        public let text: String
        /// Which term of the text it is, from 0.
        public let position: Int
        /// In the UTF-8 of the text.
        public let range: Range<Int>
    }

    /// The terms of `text`, in order.
    public func terms(of text: String) -> [Term] {
        var out: [Term] = []
        forEachTerm(in: text) { term, position, range in
            let bytes = term.indices.map { term[$0] }
            out.append(Term(text: String(decoding: bytes, as: UTF8.self), position: position, range: range))
        }
        return out
    }
}
