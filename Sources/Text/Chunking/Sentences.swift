/// Where the sentences of a text lie, by rules for European languages and for Chinese and Japanese.
///
/// A sentence ends at an empty line, before an item of a list, behind 。！？ and their like, and at . ! ? before a blank
/// unless an abbreviation, an initial, an ordinal or a small letter behind says that it goes on. Where the rules are
/// unsure they do not cut: two sentences in one do less harm than half a one.
struct Sentences {
    private let bytes: [UInt8]
    private var ranges: [Range<Int>] = []
    private var start = 0

    /// Places in UTF-8, in order, without the blanks around them; none is blank. Together they hold all that is not.
    ///
    /// - Complexity: linear in the bytes.
    static func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        var sentences = Sentences(bytes: bytes)
        sentences.walk()
        return sentences.ranges
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func walk() {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\n") {
                if isParagraphEnd(at) { cut(at) }
                at += 1
            } else if Self.isStop(byte) {
                at = end(ofStopAt: at)
            } else if byte < 0x80 {
                at += 1
            } else {
                let (scalar, length) = UTF8Text.scalar(in: bytes, at: at)
                if scalar == "\u{2026}" {
                    at = end(ofStopAt: at)
                } else if Self.wideStops.contains(scalar) {
                    at = pastClosers(pastStops(at))
                    cut(at)
                } else {
                    at += length
                }
            }
        }
        cut(bytes.count)
    }

    /// Ends the sentence under way before `end`.
    private mutating func cut(_ end: Int) {
        let range = UTF8Text.trimmed(start..<end, of: bytes)
        start = end
        if !UTF8Text.isBlank(range, of: bytes) { ranges.append(range) }
    }

    private func isParagraphEnd(_ newline: Int) -> Bool {
        var at = newline + 1
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 || bytes[at] == 0x0D { at += 1 }
        guard at < bytes.count else { return true }
        if bytes[at] == UInt8(ascii: "\n") { return true }
        return bytes[at] == UInt8(ascii: "-") && at + 1 < bytes.count && bytes[at + 1] == 0x20
    }

    // MARK: Stops

    private static func isStop(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
    }

    /// These end a sentence though no blank follows: 。．！？｡, and the stops of Devanagari and Urdu.
    private static let wideStops: Set<Unicode.Scalar> = [
        "\u{3002}", "\u{FF0E}", "\u{FF01}", "\u{FF1F}", "\u{FF61}", "\u{0964}", "\u{0965}", "\u{06D4}", "\u{061F}",
    ]

    /// Quotes and brackets that close behind a stop: " ' ) ] ” ’ » › 」 』 ） 】.
    private static let closers: Set<Unicode.Scalar> = [
        "\"", "'", ")", "]", "\u{201D}", "\u{2019}", "\u{BB}", "\u{203A}", "\u{300D}", "\u{300F}", "\u{FF09}",
        "\u{3011}",
    ]

    private static let openers: Set<Unicode.Scalar> = [
        "\"", "'", "(", "[", "\u{201C}", "\u{2018}", "\u{201E}", "\u{AB}", "\u{2039}", "\u{BF}", "\u{A1}",
    ]

    private func pastStops(_ place: Int) -> Int {
        past(place) { $0 == "." || $0 == "!" || $0 == "?" || $0 == "\u{2026}" || Self.wideStops.contains($0) }
    }

    private func pastClosers(_ place: Int) -> Int { past(place) { Self.closers.contains($0) } }

    private func past(_ place: Int, _ isPart: (Unicode.Scalar) -> Bool) -> Int {
        var at = place
        while at < bytes.count {
            let (scalar, length) = UTF8Text.scalar(in: bytes, at: at)
            guard isPart(scalar) else { break }
            at += length
        }
        return at
    }

    /// Cuts behind the stops at `place` if they end a sentence; gives where to go on.
    private mutating func end(ofStopAt place: Int) -> Int {
        let stopsEnd = pastStops(place)
        let end = pastClosers(stopsEnd)
        guard end < bytes.count, UTF8Text.isSpace(bytes[end]) else { return end }
        let isPeriod = stopsEnd == place + 1 && bytes[place] == UInt8(ascii: ".")
        if isPeriod, end == stopsEnd, isAbbreviation(before: place, next: nextByte(end)) { return end }
        if !goesOnSmall(end) { cut(end) }
        return end
    }

    private func nextByte(_ place: Int) -> UInt8 {
        var at = place
        while at < bytes.count, UTF8Text.isSpace(bytes[at]) { at += 1 }
        return at < bytes.count ? bytes[at] : 0
    }

    /// Whether the next word begins with a small letter. An empty line between is found by the walk.
    private func goesOnSmall(_ place: Int) -> Bool {
        var at = place
        while at < bytes.count, UTF8Text.isSpace(bytes[at]) {
            if bytes[at] == UInt8(ascii: "\n"), isParagraphEnd(at) { return false }
            at += 1
        }
        at = past(at) { Self.openers.contains($0) }
        return at < bytes.count && UTF8Text.scalar(in: bytes, at: at).scalar.properties.isLowercase
    }

    // MARK: Abbreviations

    private static let longestAbbreviation = 12

    private func isAbbreviation(before place: Int, next: UInt8) -> Bool {
        var first = place
        while first > start, place - first <= Self.longestAbbreviation, !isWordEdge(bytes[first - 1]) { first -= 1 }
        let length = place - first
        guard length > 0, length <= Self.longestAbbreviation else { return false }
        let word = bytes[first..<place]
        if word.allSatisfy({ (0x30...0x39).contains($0) }) { return length <= 2 }
        if isInitial(word) || isDotted(word) { return true }
        let text = String(decoding: word, as: UTF8.self).lowercased()
        if Abbreviations.beforeNumbers.contains(text) { return (0x30...0x39).contains(next) }
        return Abbreviations.any.contains(text)
    }

    private func isWordEdge(_ byte: UInt8) -> Bool {
        UTF8Text.isSpace(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/")
    }

    /// One letter: the J of J. S. Bach.
    private func isInitial(_ word: ArraySlice<UInt8>) -> Bool {
        let (scalar, length) = UTF8Text.scalar(in: bytes, at: word.startIndex)
        return length == word.count && scalar.properties.isAlphabetic && scalar != "I"
    }

    /// U.S, e.g, z.B: single letters or pairs between periods.
    private func isDotted(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.contains(UInt8(ascii: ".")) else { return false }
        return word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { (1...2).contains($0.count) && $0.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A } }
    }
}

/// Words that are written with a period.
private enum Abbreviations {
    /// Only before a number: "No. 5" goes on, "He said no. Then" does not.
    static let beforeNumbers: Set<String> = [
        "no", "nos", "p", "pp", "vol", "vols", "fig", "figs", "ch", "sec", "art", "eq", "nr", "abs", "bd", "núm", "pág",
        "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "ca", "op", "kap", "chap",
    ]

    static let any: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "gen", "col", "capt", "lt", "sgt", "cmdr", "adm",
        "rev",
        "hon", "pres", "gov", "sen", "rep", "messrs", "mt", "ft", "approx", "cf", "al", "ed", "eds", "viz", "dept",
        "bzw", "evtl", "ggf", "inkl", "hrsg", "geb", "gest", "vgl", "sog", "zzgl", "bspw", "engl", "lat", "dipl",
        "mme", "mlle", "mgr", "av", "env", "sra", "srta", "dra", "ud", "uds", "sig", "dott", "avv", "dhr", "mevr",
        "bijv",
    ]
}
