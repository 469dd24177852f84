package import Vectors

/// Lines of a batch job, laid out for threads and kernels.
package struct RerankBatch: Sendable {
    /// A line without candidates is a search, unless it is among ``emptyLines``.
    package var keys = CandidateKeys()
    /// `dimension` a line.
    package var values: [Float] = []
    /// First-stage scores by candidate, NaN where there is none; empty where no line has any.
    package var scores: [Float] = []
    /// Hits wanted by line; 0: as the options say.
    package var limits: [UInt32] = []
    /// Lines that are to be searched, in order.
    package var searches: [Int] = []

    package init() {}

    package var lineCount: Int { limits.count }
    package var candidateCount: Int { keys.count }

    /// About what it takes to work on it, with what is printed of it.
    package func byteCount(dimension: Int) -> Int {
        WantedCost.perCandidate * candidateCount + 2 * keys.bytes.count + lineCount * (8 * dimension + 128)
    }

    private enum WantedCost {
        /// An entry twice, its word twice, distance, key's end, a hit, and a printed hit without its key.
        static let perCandidate = 48 + 16 + 4 + 4 + 12 + 40
    }

    /// Adds a score to the candidate that was added last.
    package mutating func note(score: Float?) {
        if let score {
            while scores.count + 1 < keys.count { scores.append(.nan) }
            scores.append(score)
        } else if !scores.isEmpty {
            scores.append(.nan)
        }
    }

    /// Ends the line whose values and candidates were added.
    package mutating func endLine(k: Int?, isSearch: Bool) {
        if isSearch { searches.append(limits.count) }
        keys.endLine()
        limits.append(UInt32(k ?? 0))
    }

    /// Puts a vector in the place of a line's values.
    package mutating func set(_ vector: [Float], ofLine line: Int) {
        values.replaceSubrange(line * vector.count..<(line + 1) * vector.count, with: vector)
    }

    /// Forgets what was added of a line that is not ended.
    package mutating func dropLine(dimension: Int) {
        keys.dropLine()
        values.removeLast(values.count - lineCount * dimension)
        if scores.count > keys.count { scores.removeLast(scores.count - keys.count) }
    }

    /// The first-stage score of a candidate; NaN where it has none.
    func score(of candidate: Int) -> Float { candidate < scores.count ? scores[candidate] : .nan }

    func values(ofLine line: Int, dimension: Int) -> ArraySlice<Float> {
        values[line * dimension..<(line + 1) * dimension]
    }
}

/// The lines of a ``RerankBatch`` in their new order.
package struct RerankedBatch: Sendable {
    package struct Hit: Sendable {
        /// In the batch.
        package let candidate: UInt32
        package let distance: Float
        /// NaN unless scores are fused.
        package let score: Float
    }
    package var hits: [Hit] = []
    package var hitEnds: [UInt32] = []
    /// Candidates that are not there, in their order.
    package var missing: [UInt32] = []
    package var missingEnds: [UInt32] = []
    /// What searches found, by line.
    package var found: [Int: [RerankHit]] = [:]

    package func hits(ofLine line: Int) -> ArraySlice<Hit> {
        hits[(line == 0 ? 0 : Int(hitEnds[line - 1]))..<Int(hitEnds[line])]
    }

    package func missing(ofLine line: Int) -> ArraySlice<UInt32> {
        missing[(line == 0 ? 0 : Int(missingEnds[line - 1]))..<Int(missingEnds[line])]
    }

    mutating func endLine() {
        hitEnds.append(UInt32(hits.count))
        missingEnds.append(UInt32(missing.count))
    }
}
