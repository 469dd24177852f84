internal import Analysis

/// Finds the words of a question in texts, as full-text search would: other forms of a word count.
struct PassageHighlights {
    private let analyzer: Analyzer
    private let terms: Set<[UInt8]>

    /// - Parameter language: of the texts; nil takes words as they are but for case and accents.
    init(of question: String, language: Language?) {
        analyzer = Analyzer(language: language, role: .text)
        var terms: Set<[UInt8]> = []
        Analyzer(language: language, role: .question).forEachTerm(in: question) { term, _, _ in
            terms.insert(term.indices.map { term[$0] })
        }
        self.terms = terms
    }

    /// Where they stand in `text`, in order and apart from one another, in Unicode scalars.
    func ranges(in text: String) -> [Range<Int>] {
        guard !terms.isEmpty else { return [] }
        var found: [Range<Int>] = []
        analyzer.forEachTerm(in: text) { term, _, range in
            guard terms.contains(term.indices.map { term[$0] }) else { return }
            if let last = found.last, range.lowerBound <= last.upperBound {
                // Pairs of neighbours overlap, and those of a run are shown as one.
                found[found.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                found.append(range)
            }
        }
        return Self.scalars(found, of: text)
    }

    /// Ranges of bytes, in order, as ranges of scalars.
    private static func scalars(_ ranges: [Range<Int>], of text: String) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var scalarCount = 0, byteCount = 0
        var bytes = text.utf8.makeIterator()
        func count(to end: Int) -> Int {
            while byteCount < end, let byte = bytes.next() {
                byteCount += 1
                if byte & 0xC0 != 0x80 { scalarCount += 1 }
            }
            return scalarCount
        }
        for range in ranges {
            let start = count(to: range.lowerBound)
            out.append(start..<count(to: range.upperBound))
        }
        return out
    }
}
