/// Cuts documents into passages of whole sentences, each short enough for an embedder.
///
/// A passage is a stretch of its section as it stands there. It never crosses into another section, is never empty, and
/// every sentence is in at least one. The same document gives the same passages. Each sentence is counted once: what
/// several take together is held to be the sum, which is right where tokens do not cross blanks (WordPiece), and too
/// high elsewhere.
public struct Chunker: Sendable {
    /// Tokens of a passage at most. Only a single character that has more is longer.
    public let limit: Int
    /// Tokens that a passage repeats of the one before it: whole sentences, at most two, until so many are reached, and
    /// none that would make it twice as many. 0: none.
    public let overlap: Int
    /// Bytes of UTF-8 of a passage at most.
    public let byteLimit: Int
    private let tokens: @Sendable (String) -> Int

    /// The largest ``limit``: what is asked for beyond it is this.
    public static let largestLimit = 1_000_000

    /// S3 Vectors takes 40 KB of metadata a vector, for the text and all that stands beside it.
    public static let defaultByteLimit = 16_384

    /// - Parameters:
    ///   - limit: tokens, from 1 to ``largestLimit``.
    ///   - overlap: tokens; nil is 15 % of the limit.
    ///   - byteLimit: at least 4, what one character may take.
    ///   - tokens: how many tokens a text has.
    public init(
        limit: Int, overlap: Int? = nil, byteLimit: Int = Chunker.defaultByteLimit,
        tokens: @escaping @Sendable (String) -> Int
    ) {
        self.limit = max(1, min(limit, Self.largestLimit))
        self.overlap = max(0, min(overlap ?? self.limit * 15 / 100, self.limit / 2))
        self.byteLimit = max(4, byteLimit)
        self.tokens = tokens
    }

    /// The passages of a document in their order, numbered from 0; none where it has no text.
    ///
    /// - Complexity: linear in the text.
    public func chunks(of document: SourceDocument) -> [TextChunk] {
        var chunks: [TextChunk] = []
        for section in document.sections {
            let bytes = Array(section.text.utf8)
            for range in ranges(in: bytes) {
                let text = UTF8Text.string(range, of: bytes)
                chunks.append(TextChunk(number: chunks.count, section: section.title, text: text))
            }
        }
        return chunks
    }

    /// A stretch that is not cut any more, and its tokens.
    private struct Piece {
        let range: Range<Int>
        let tokens: Int
    }

    private func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        var pieces: [Piece] = []
        for sentence in Sentences.ranges(in: bytes) { appendPieces(of: sentence, in: bytes, to: &pieces) }
        var ranges: [Range<Int>] = []
        var (first, sum) = (0, 0)
        for (number, piece) in pieces.enumerated() {
            let isFull =
                sum + piece.tokens > limit || piece.range.upperBound - pieces[first].range.lowerBound > byteLimit
            if number > first, isFull {
                ranges.append(pieces[first].range.lowerBound..<pieces[number - 1].range.upperBound)
                (first, sum) = overlap(behind: first, before: number, of: pieces)
            }
            sum += piece.tokens
        }
        if let last = pieces.last { ranges.append(pieces[first].range.lowerBound..<last.range.upperBound) }
        return ranges
    }

    /// Where the passage that goes on with piece `next` begins, and the tokens that it repeats of the last, which began
    /// with `first`. That one is never repeated as a whole.
    private func overlap(behind first: Int, before next: Int, of pieces: [Piece]) -> (first: Int, tokens: Int) {
        var (start, sum) = (next, 0)
        while start - 1 > first, next - start < 2, sum < overlap {
            let more = sum + pieces[start - 1].tokens
            let byteCount = pieces[next].range.upperBound - pieces[start - 1].range.lowerBound
            guard more <= 2 * overlap, more + pieces[next].tokens <= limit, byteCount <= byteLimit else { break }
            (start, sum) = (start - 1, more)
        }
        return (start, sum)
    }

    // MARK: What is too long

    private func piece(_ range: Range<Int>, of bytes: [UInt8]) -> Piece {
        Piece(range: range, tokens: tokens(UTF8Text.string(range, of: bytes)))
    }

    private func fits(_ piece: Piece) -> Bool { piece.tokens <= limit && piece.range.count <= byteLimit }

    /// The sentence, or where it is too long its lines, or their words, or the characters of a word.
    private func appendPieces(of sentence: Range<Int>, in bytes: [UInt8], to pieces: inout [Piece]) {
        let whole = piece(sentence, of: bytes)
        if fits(whole) { return pieces.append(whole) }
        let lines = Self.split(sentence, of: bytes) { $0 == UInt8(ascii: "\n") }
        for line in lines {
            let candidate = lines.count == 1 ? whole : piece(line, of: bytes)
            if fits(candidate) { pieces.append(candidate) } else { appendWords(of: line, in: bytes, to: &pieces) }
        }
    }

    private func appendWords(of line: Range<Int>, in bytes: [UInt8], to pieces: inout [Piece]) {
        var words: [Piece] = []
        for range in Self.split(line, of: bytes, where: UTF8Text.isSpace) {
            let word = piece(range, of: bytes)
            if fits(word) { words.append(word) } else { words += characters(of: range, in: bytes) }
        }
        appendRuns(of: words, to: &pieces)
    }

    private func characters(of word: Range<Int>, in bytes: [UInt8]) -> [Piece] {
        var (characters, at) = ([Piece](), word.lowerBound)
        func append(_ text: String) {
            let range = at..<at + text.utf8.count
            at = range.upperBound
            // White space that is no blank of ASCII is part of a word here, and no passage by itself.
            if !UTF8Text.isBlank(range, of: bytes) { characters.append(Piece(range: range, tokens: tokens(text))) }
        }
        for character in UTF8Text.string(word, of: bytes) {
            if character.utf8.count <= byteLimit {
                append(String(character))
            } else {
                for scalar in character.unicodeScalars { append(String(scalar)) }
            }
        }
        return characters
    }

    /// Joins what stands one behind another as far as the limits go.
    private func appendRuns(of parts: [Piece], to pieces: inout [Piece]) {
        guard var run = parts.first else { return }
        for part in parts.dropFirst() {
            let joined = Piece(
                range: run.range.lowerBound..<part.range.upperBound, tokens: run.tokens + part.tokens)
            if fits(joined) {
                run = joined
            } else {
                pieces.append(run)
                run = part
            }
        }
        pieces.append(run)
    }

    private static func split(
        _ range: Range<Int>, of bytes: [UInt8], where isEdge: (UInt8) -> Bool
    ) -> [Range<Int>] {
        var (parts, start) = ([Range<Int>](), range.lowerBound)
        func end(_ place: Int) {
            let part = UTF8Text.trimmed(start..<place, of: bytes)
            if !UTF8Text.isBlank(part, of: bytes) { parts.append(part) }
            start = place
        }
        for at in range where isEdge(bytes[at]) { end(at) }
        end(range.upperBound)
        return parts
    }
}
