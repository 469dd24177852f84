/// Goes through a text term by term.
///
/// A word is letters, digits and the marks behind them; in English an apostrophe between letters belongs to it, as the
/// stemmer knows it ("dog's"), elsewhere it separates ("l'amour"). A point or comma between digits belongs to the
/// number (UAX 29, rules WB11 and WB12). Everything else separates.
struct TermScanner {
    /// The term that was found last, as it is indexed.
    private(set) var term: [UInt8] = []
    /// Bytes of the text that the term stands for.
    private(set) var range = 0..<0

    private var at = 0
    private var run = CJKRun()
    /// Of a run: found, and not given yet.
    private var waiting: [(first: CJKRun.Character, second: CJKRun.Character?)] = []
    private var scratch: [UInt8] = []
    /// The word that ``term`` stands for once more, where it is to be given so, too.
    private var second: [UInt8] = []
    private var hasSecond = false
    private let stemmer: Stemmer?
    private let joinsApostrophes: Bool
    /// Whether the stemmer gets words without their accents: it knows none.
    private let foldsFirst: Bool
    /// Whether each character of a run is a term beside its pairs, and the stem of what is typed for a word by those
    /// who leave accents out beside its own.
    private let addsVariants: Bool

    /// Longer words are cut.
    private static let wordLimit = Analyzer.termByteLimit

    init(stemmer: Stemmer?, joinsApostrophes: Bool, foldsFirst: Bool, addsVariants: Bool) {
        self.stemmer = stemmer
        self.joinsApostrophes = joinsApostrophes
        self.foldsFirst = foldsFirst
        self.addsVariants = addsVariants
        term.reserveCapacity(Self.wordLimit + 8)
    }

    /// Finds the next term of `text`, the same at each call; false at its end.
    mutating func next(_ text: Span<UInt8>) -> Bool {
        if hasSecond {
            swap(&term, &second)
            hasSecond = false
            return true
        }
        if let (first, second) = waiting.popLast() { return emit(first, second) }
        if !run.isEmpty { return nextOfRun(text) }
        while at < text.count {
            let byte = text[at]
            if byte < 0x80 {
                // The separators between words, mostly.
                guard Self.isLetter(byte) || Self.isDigit(byte) else {
                    at += 1
                    continue
                }
                return word(text)
            }
            let scalar = DecodedScalar(text, at: at), value = Folding.narrow(scalar.value)
            switch ScalarKind(value) {
            case .letter, .digit: return word(text)
            case .cjk:
                _ = run.add(value, at..<at + scalar.byteCount)
                at += scalar.byteCount
                return nextOfRun(text)
            default: at += scalar.byteCount
            }
        }
        return false
    }

    // MARK: Runs of Han, Kana and Hangul

    private mutating func nextOfRun(_ text: Span<UInt8>) -> Bool {
        while at < text.count {
            let scalar = DecodedScalar(text, at: at), value = Folding.narrow(scalar.value), end = at + scalar.byteCount
            let kind = ScalarKind(value)
            if run.absorbs(value, to: end) || kind == .mark || kind == .ignored {
                at = end
                continue
            }
            guard kind == .cjk else { break }
            let pair = run.add(value, at..<end)
            at = end
            if let (first, second) = pair {
                guard addsVariants else { return emit(first, second) }
                waiting = [(first, second)]
                return emit(first, nil)
            }
        }
        guard let (first, second) = run.end() else { return false }
        guard addsVariants, let second else { return emit(first, second) }
        waiting = [(second, nil), (first, second)]
        return emit(first, nil)
    }

    private mutating func emit(_ first: CJKRun.Character, _ second: CJKRun.Character?) -> Bool {
        term.removeAll(keepingCapacity: true)
        term.append(scalar: first.value)
        if let second { term.append(scalar: second.value) }
        range = first.range.lowerBound..<(second ?? first).range.upperBound
        return true
    }

    // MARK: Words

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// The word that begins here.
    private mutating func word(_ text: Span<UInt8>) -> Bool {
        let start = at
        var word = Word()
        term.removeAll(keepingCapacity: true)
        scan: while at < text.count {
            let byte = text[at]
            if Self.isLetter(byte) {
                append(byte | 0x20, &word, .letter)
                at += 1
            } else if Self.isDigit(byte) {
                append(byte, &word, .digit)
                at += 1
            } else {
                let scalar = DecodedScalar(text, at: at)
                guard extend(&word, scalar, text) else { break scan }
                at += scalar.byteCount
            }
            if !word.isIgnored { word.end = at }
        }
        range = start..<word.end
        finish(word)
        return true
    }

    private struct Word {
        enum Last { case letter, digit }
        var end = 0
        var last = Last.letter
        var lastScalar: UInt32 = 0
        var hasLetters = false
        var isASCII = true
        /// The last scalar is not a part of what is marked.
        var isIgnored = false
    }

    private mutating func append(_ byte: UInt8, _ word: inout Word, _ last: Word.Last) {
        word.last = last
        word.isIgnored = false
        if last == .letter { word.hasLetters = true }
        word.lastScalar = UInt32(byte)
        if term.count < Self.wordLimit { term.append(byte) }
    }

    /// Whether `scalar`, which is no ASCII letter or digit, belongs to the word; it is added then.
    private mutating func extend(_ word: inout Word, _ scalar: DecodedScalar, _ text: Span<UInt8>) -> Bool {
        let value = Folding.narrow(scalar.value)
        word.isIgnored = false
        switch ScalarKind(value) {
        case .letter:
            word.last = .letter
            word.hasLetters = true
            Folding.lower(value) { append(wide: $0, &word) }
        case .digit:
            word.last = .digit
            append(wide: value, &word)
        case .mark: mark(value, &word)
        case .ignored: word.isIgnored = true
        case .apostrophe:
            guard joinsApostrophes, word.last == .letter, follows(.letter, text, at + scalar.byteCount) else {
                return false
            }
            append(wide: 0x27, &word)
        case .numberPoint:
            guard word.last == .digit, follows(.digit, text, at + scalar.byteCount) else { return false }
            append(wide: value, &word)
        case .cjk, .other: return false
        }
        return true
    }

    private func follows(_ kind: ScalarKind, _ text: Span<UInt8>, _ at: Int) -> Bool {
        at < text.count && ScalarKind(Folding.narrow(DecodedScalar(text, at: at).value)) == kind
    }

    private mutating func append(wide value: UInt32, _ word: inout Word) {
        word.lastScalar = value
        if value >= 0x80 { word.isASCII = false }
        // Room for any scalar, so that none is cut.
        if term.count <= Self.wordLimit - 4 { term.append(scalar: value) }
    }

    private mutating func mark(_ value: UInt32, _ word: inout Word) {
        guard let one = Folding.composed(word.lastScalar, value) else { return append(wide: value, &word) }
        word.isASCII = false
        let width = Self.byteCount(word.lastScalar)
        word.lastScalar = one
        // A word that was cut does not end in the letter.
        guard term.count <= Self.wordLimit - 4, term.count >= width else { return }
        term.removeLast(width)
        term.append(scalar: one)
    }

    private static func byteCount(_ value: UInt32) -> Int {
        value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4
    }

    private mutating func finish(_ word: Word) {
        guard let stemmer, word.hasLetters else {
            if !word.isASCII { Folding.removeAccents(&term, scratch: &scratch) }
            return
        }
        if word.isASCII { return stemmer.stem(&term) }
        if foldsFirst {
            Folding.removeAccents(&term, scratch: &scratch)
            return stemmer.stem(&term)
        }
        if addsVariants {
            second.removeAll(keepingCapacity: true)
            second += term
            Folding.removeAccents(&second, scratch: &scratch)
            stemmer.stem(&second)
        }
        stemmer.stem(&term)
        Folding.removeAccents(&term, scratch: &scratch)
        hasSecond = addsVariants && second != term
    }
}
