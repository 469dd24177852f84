internal import Foundation

/// Cuts words into the pieces of a vocabulary, the longest first: BERT's tokenizer (Wu and others, 2016, arXiv
/// 1609.08144).
struct WordPiece: TextTokenizer {
    static let first = "[CLS]", last = "[SEP]", unknown = "[UNK]"
    /// A longer word is unknown as a whole.
    static let wordLimit = 100

    let firstID: Int32
    let lastID: Int32
    let unknownID: Int32
    /// How many pieces there are.
    let count: Int
    /// Of pieces that begin a word, and of those that go on (written `##piece` in the vocabulary).
    private let beginnings: PieceTable
    private let endings: PieceTable

    /// - Parameter path: a file with a piece a line.
    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    init(vocabulary path: String, advice: String) throws(EmbedderError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badModel(path: path, problem: "it cannot be read", advice: advice)
        }
        var lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).map { [UInt8]($0) }
        if lines.last == [] { lines.removeLast() }
        for i in lines.indices where lines[i].last == 0x0D { lines[i].removeLast() }
        try self.init(lines: lines, path: path)
    }

    /// - Parameters:
    ///   - lines: the pieces, by their ids.
    ///   - path: where they are from, for an error.
    init(lines: [[UInt8]], path: String) throws(EmbedderError) {
        let marks = [Self.first, Self.last, Self.unknown].map { mark in
            lines.firstIndex(of: Array(mark.utf8)).map { Int32($0) }
        }
        guard let first = marks[0], let last = marks[1], let unknown = marks[2], lines.count < 1 << 24 else {
            throw .badModel(
                path: path, problem: "it is no vocabulary of BERT: it lacks [CLS], [SEP] or [UNK]", advice: "")
        }
        (firstID, lastID, unknownID) = (first, last, unknown)
        count = lines.count
        var begin: [(piece: ArraySlice<UInt8>, id: Int32)] = [], go: [(piece: ArraySlice<UInt8>, id: Int32)] = []
        for (id, line) in lines.enumerated() {
            if line.starts(with: [0x23, 0x23]), line.count > 2 {
                go.append((line[2...], Int32(id)))
            } else {
                begin.append((line[...], Int32(id)))
            }
        }
        beginnings = PieceTable(begin)
        endings = PieceTable(go)
    }

    var meaninglessID: Int32? { unknownID }

    func ids(_ text: String) -> [Int32] {
        let words = BertWords(text)
        var ids: [Int32] = [], start = 0
        for end in words.ends {
            cut(words.bytes, start, end, into: &ids)
            start = end
        }
        return ids
    }

    private func cut(_ bytes: [UInt8], _ start: Int, _ end: Int, into ids: inout [Int32]) {
        let before = ids.count
        var characters = 0
        for i in start..<end where bytes[i] & 0xC0 != 0x80 { characters += 1 }
        guard characters <= Self.wordLimit else { return ids.append(unknownID) }
        var from = start
        while from < end {
            let table = from == start ? beginnings : endings
            guard let found = table.longest(bytes, from, end) else {
                ids.removeSubrange(before...)
                return ids.append(unknownID)
            }
            ids.append(found.id)
            from = found.end
        }
    }
}

/// Pieces by their bytes, found by the hashes of all beginnings of a word at once.
private struct PieceTable: Sendable {
    private struct Entry {
        var hash: UInt64 = 0
        var id: Int32 = -1
        var start: Int32 = 0
        var count: Int32 = 0
    }
    private var entries: [Entry]
    private var bytes: [UInt8] = []
    private var longestCount = 0

    init(_ pieces: [(piece: ArraySlice<UInt8>, id: Int32)]) {
        var size = 16
        while size < 2 * pieces.count { size *= 2 }
        entries = Array(repeating: Entry(), count: size)
        for (piece, id) in pieces where !piece.isEmpty {
            let hash = piece.reduce(Self.seed) { Self.step($0, $1) }
            var at = Int(truncatingIfNeeded: Self.mixed(hash)) & (size - 1)
            // Of a piece that is there twice the first counts, as in the other readers of such files.
            while entries[at].id >= 0 { at = (at + 1) & (size - 1) }
            entries[at] = Entry(hash: hash, id: id, start: Int32(bytes.count), count: Int32(piece.count))
            bytes += piece
            longestCount = max(longestCount, piece.count)
        }
    }

    /// The longest piece at `from`; nil when none begins there.
    func longest(_ word: [UInt8], _ from: Int, _ end: Int) -> (id: Int32, end: Int)? {
        var hash = Self.seed, found: (id: Int32, end: Int)?
        for i in from..<min(end, from + longestCount) {
            hash = Self.step(hash, word[i])
            if i + 1 < end, word[i + 1] & 0xC0 == 0x80 { continue }
            if let id = find(word, from, i + 1, hash) { found = (id, i + 1) }
        }
        return found
    }

    private func find(_ word: [UInt8], _ from: Int, _ end: Int, _ hash: UInt64) -> Int32? {
        var at = Int(truncatingIfNeeded: Self.mixed(hash)) & (entries.count - 1)
        while entries[at].id >= 0 {
            let entry = entries[at], start = Int(entry.start)
            if entry.hash == hash, Int(entry.count) == end - from,
                bytes[start..<start + Int(entry.count)].elementsEqual(word[from..<end])
            {
                return entry.id
            }
            at = (at + 1) & (entries.count - 1)
        }
        return nil
    }

    /// FNV-1a, byte by byte, so that the hash of a longer beginning goes on from that of a shorter one.
    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    private static func mixed(_ hash: UInt64) -> UInt64 { (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15 >> 20 }
}
