package import CKernels
internal import Glibc
public import Vectors

/// The candidates of many lines while they are looked up and scored together.
///
/// It is worked on by several threads, each on parts of its own:
///
///     note(piece)       hashes of a piece's keys, counted by part                     pieces side by side
///     gather()          where each part begins
///     place(piece)      entries go to their part                                      pieces side by side
///     resolve(part)     sorted, each key looked up once, by one cursor (StoreReader)  parts side by side
///     found             the keys that are there, as words to be sorted by row
///
/// and then words are checked against the rows' records and scored, a slice to a thread.
// Sendable is true because memory is made in init and threads write only to parts and candidates of their own, one
// step after the other; @safe because every access is bounded by the counts below.
@safe public final class WantedKeys: @unchecked Sendable {
    /// What a piece gives: keys, and `dimension` values a line.
    public struct Piece: Sendable {
        public let keys: CandidateKeys
        public let values: [Float]

        public init(keys: CandidateKeys, values: [Float]) {
            self.keys = keys
            self.values = values
        }
    }

    public static let partCount = Int(MV_MENTION_PARTS)

    public let pieces: [Piece]
    public let lineCount: Int
    /// Candidates of all lines.
    public let count: Int
    /// The first candidate and line of each piece, and the end.
    public let firstCandidates: [Int]
    let firstLines: [Int]
    let dimension: Int
    let entries: UnsafeMutablePointer<mv_mention>
    private let noted: UnsafeMutablePointer<mv_mention>
    private var isPlaced = false
    /// By piece and part.
    private let counts: UnsafeMutablePointer<Int>
    private(set) var partStarts: [Int] = []
    let distances: UnsafeMutablePointer<Float>
    /// By candidate, where they are wanted; of what was not found it is not set.
    private let rows: UnsafeMutablePointer<UInt32>?
    /// All keys, one behind the other, and where each ends.
    private let keyBytes: UnsafeMutablePointer<UInt8>
    private let keyEnds: UnsafeMutablePointer<UInt32>
    private let firstBytes: [Int]
    private let queries: UnsafeMutablePointer<mv_query>
    private let values: UnsafeMutablePointer<Float>

    /// - Parameter pieces: together fewer than 2^31 candidates, with keys of less than 4 GiB.
    public init(_ pieces: [Piece], dimension: Int, metric: Metric, wantsRows: Bool = false) {
        self.pieces = pieces
        self.dimension = dimension
        firstCandidates = pieces.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.keys.count) }
        firstLines = pieces.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.keys.lineCount) }
        count = firstCandidates.last ?? 0
        lineCount = firstLines.last ?? 0
        firstBytes = pieces.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.keys.bytes.count) }
        let byteCount = firstBytes.last ?? 0
        precondition(count < 1 << 31 && byteCount < 1 << 32, "\(count) candidates, \(byteCount) bytes in one batch")
        unsafe keyBytes = .allocate(capacity: max(1, byteCount))
        unsafe keyEnds = .allocate(capacity: max(1, count))
        unsafe entries = .allocate(capacity: max(1, count))
        unsafe noted = .allocate(capacity: max(1, count))
        unsafe counts = .allocate(capacity: max(1, pieces.count * Self.partCount))
        unsafe counts.initialize(repeating: 0, count: pieces.count * Self.partCount)
        unsafe distances = .allocate(capacity: max(1, count))
        unsafe rows = wantsRows ? .allocate(capacity: max(1, count)) : nil
        unsafe values = .allocate(capacity: max(1, lineCount * dimension))
        unsafe queries = .allocate(capacity: max(1, lineCount))
        let kind = Int32(metric == .cosine ? MV_COSINE : MV_EUCLIDEAN)
        for (piece, first) in zip(pieces, firstLines) {
            precondition(piece.values.count == piece.keys.lineCount * dimension, "\(piece.values.count) values")
            let start = unsafe values + first * dimension
            unsafe piece.values.withUnsafeBufferPointer { from in
                if let base = from.baseAddress { unsafe start.initialize(from: base, count: from.count) }
            }
            for line in 0..<piece.keys.lineCount {
                unsafe (queries + first + line).initialize(
                    to: mv_query_make(kind, start + line * dimension, dimension))
            }
        }
    }

    deinit {
        unsafe entries.deallocate()
        if !isPlaced { unsafe noted.deallocate() }
        unsafe counts.deallocate()
        unsafe keyBytes.deallocate()
        unsafe keyEnds.deallocate()
        unsafe distances.deallocate()
        unsafe rows?.deallocate()
        unsafe values.deallocate()
        unsafe queries.deallocate()
    }

    // MARK: By pieces

    /// Hashes the keys of a piece as `store` does.
    public func note(_ piece: Int, in store: Store) {
        let keys = pieces[piece].keys, counts = unsafe counts + piece * Self.partCount
        let seed = store.shape.hashSeed, mask = store.keyHashMask
        unsafe keys.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let firstByte = firstBytes[piece]
            unsafe UnsafeMutableRawPointer(keyBytes + firstByte).copyMemory(from: base, byteCount: bytes.count)
            var candidate = firstCandidates[piece], start = 0, line = firstLines[piece], inLine = 0
            for lineEnd in keys.lineEnds {
                for key in inLine..<Int(lineEnd) {
                    let end = Int(keys.ends[key])
                    let hash = unsafe mv_hash128_of(base + start, end - start, seed)
                    var entry = mv_mention(
                        high: hash.high & mask, low: hash.low & mask, candidate: UInt32(candidate), line: UInt32(line))
                    unsafe counts[Int(mv_mention_part(&entry))] += 1
                    unsafe (noted + candidate).initialize(to: entry)
                    unsafe (keyEnds + candidate).initialize(to: UInt32(firstByte + end))
                    candidate += 1
                    start = end
                }
                inLine = Int(lineEnd)
                line += 1
            }
        }
    }

    /// Has every part begin where the one before ends. Called once, after the last piece was noted.
    public func gather() {
        var next = 0
        partStarts = []
        for part in 0..<Self.partCount {
            partStarts.append(next)
            for piece in pieces.indices {
                let at = piece * Self.partCount + part
                let count = unsafe counts[at]
                unsafe counts[at] = next
                next += count
            }
        }
        partStarts.append(next)
    }

    /// Moves the entries of a piece to their parts. After ``gather()``.
    public func place(_ piece: Int) {
        let next = unsafe counts + piece * Self.partCount
        for candidate in firstCandidates[piece]..<firstCandidates[piece + 1] {
            let part = unsafe Int(mv_mention_part(noted + candidate))
            unsafe (entries + next[part]).initialize(to: noted[candidate])
            unsafe next[part] += 1
        }
    }

    /// Gives back what only ``place(_:)`` needs. After the last piece.
    public func endPlacing() {
        guard !isPlaced else { return }
        isPlaced = true
        unsafe noted.deallocate()
    }

    /// Sorts a part, and says of each of its entries how it is to the one before.
    func sort(part: Int) -> [UInt8] {
        let range = partStarts[part]..<partStarts[part + 1]
        let scratch = UnsafeMutablePointer<mv_mention>.allocate(capacity: max(1, range.count))
        defer { unsafe scratch.deallocate() }
        unsafe mv_mentions_sort(entries + range.lowerBound, scratch, range.count)
        return unsafe [UInt8](unsafeUninitializedCapacity: range.count) { out, count in
            unsafe mv_mentions_compare(
                entries + range.lowerBound, range.count, keyBytes, keyEnds, out.baseAddress)
            count = range.count
        }
    }

    // MARK: By keys

    /// The UTF-8 of a candidate's key.
    func withKey<R>(of candidate: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        precondition(candidate < count, "candidate \(candidate) of \(count)")
        let start = candidate == 0 ? 0 : unsafe Int(keyEnds[candidate - 1])
        return try unsafe body(
            UnsafeRawBufferPointer(start: keyBytes + start, count: Int(keyEnds[candidate]) - start))
    }

    func isKey(of candidate: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe withKey(of: candidate) { key in
            guard key.count == bytes.count, let a = key.baseAddress, let b = bytes.baseAddress else { return false }
            return unsafe memcmp(a, b, key.count) == 0
        }
    }

    func haveSameKey(_ a: Int, _ b: Int) -> Bool {
        unsafe withKey(of: Int(entries[a].candidate)) { x in
            unsafe withKey(of: Int(entries[b].candidate)) { y in unsafe x.elementsEqual(y) }
        }
    }

    /// The key of what a word stands for.
    public func key(of word: UInt64) throws(InputError) -> VectorKey {
        let first = Int(UInt32(truncatingIfNeeded: word))
        return try VectorKey(
            unsafe withKey(of: Int(entries[first].candidate)) { unsafe String(decoding: $0, as: UTF8.self) })
    }

    /// The row of what a word stands for.
    public func row(of word: UInt64) -> Row {
        Row(UInt32(truncatingIfNeeded: unsafe entries[Int(UInt32(truncatingIfNeeded: word))].high))
    }

    /// Says of all entries of a key that there is no such key.
    func markAbsent(_ first: Int, _ count: Int) {
        unsafe mv_mentions_give(entries + first, count, queries, nil, MV_NO_SUCH_KEY, distances)
    }

    /// Says of a key that was found that it is not there after all.
    public func markAbsent(_ word: UInt64) {
        let first = Int(UInt32(truncatingIfNeeded: word))
        markAbsent(first, unsafe Int(entries[first].low))
    }

    /// Gives all lines that name a key their distance to its vector.
    public func give(_ word: UInt64, _ vector: Span<Float>) {
        precondition(vector.count == dimension, "\(vector.count) values of dimension \(dimension)")
        let first = Int(UInt32(truncatingIfNeeded: word))
        unsafe vector.withUnsafeBufferPointer { vector in
            unsafe mv_mentions_give(
                entries + first, Int(entries[first].low), queries, vector.baseAddress, 0, distances)
        }
    }

    // MARK: Of kernels and results

    /// For kernels: queries by line, entries, distances and rows by candidate; alive as long as `self`.
    package func withKernelView<R>(
        _ body: (
            UnsafePointer<mv_query>, UnsafePointer<mv_mention>, UnsafeMutablePointer<Float>,
            UnsafeMutablePointer<UInt32>?
        ) -> R
    ) -> R { unsafe body(queries, entries, distances, rows) }

    /// The row of a candidate that was found, where rows are wanted.
    public func row(ofCandidate candidate: Int) -> Row? {
        guard candidate < count, let rows = unsafe rows else { return nil }
        return Row(unsafe rows[candidate])
    }

    /// Of the candidates of a piece; below 0 ``WantedCode``.
    public func distances(ofPiece piece: Int) -> [Float] {
        let range = firstCandidates[piece]..<firstCandidates[piece + 1]
        return unsafe Array(UnsafeBufferPointer(start: distances + range.lowerBound, count: range.count))
    }

    /// Sorts words by their upper half, words that are equal there staying in their order.
    public static func sort(_ words: inout [UInt64]) {
        var scratch = [UInt64](repeating: 0, count: words.count)
        unsafe words.withUnsafeMutableBufferPointer { words in
            unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                unsafe mv_words_sort(words.baseAddress, scratch.baseAddress, words.count)
            }
        }
    }
}

/// What stands in place of a distance where there is none.
public enum WantedCode {
    public static let noSuchKey: Float = -1
    /// The line has named the key before.
    public static let namedBefore: Float = -2
    public static let notAtHand: Float = -3
}
