internal import Tiers

/// Which bytes of packs are asked for, and where what came lies.
struct ReadPlan {
    struct Piece: Sendable {
        let name: String
        let start: Int
        let bytes: [UInt8]
    }

    /// By name, in the order of their starts.
    private var pieces: [String: [Piece]] = [:]

    init(_ pieces: [Piece]) {
        for piece in pieces { self.pieces[piece.name, default: []].append(piece) }
        for name in self.pieces.keys { self.pieces[name]?.sort { $0.start < $1.start } }
    }

    /// - Throws: ``ColdError/strangeAnswer(what:)`` if they did not come.
    func bytes(_ name: String, _ range: Range<Int>) throws(ColdError) -> ArraySlice<UInt8> {
        let pieces = pieces[name] ?? []
        // The last piece that begins no later.
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].start <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low > 0, range.upperBound <= pieces[low - 1].start + pieces[low - 1].bytes.count else {
            throw .strangeAnswer(what: "bytes \(range) of \(name) did not come")
        }
        let piece = pieces[low - 1]
        return piece.bytes[(range.lowerBound - piece.start)..<(range.upperBound - piece.start)]
    }

    /// Ranges that cover all of `ranges`: those that are near are one, as long as it is not longer than the limit.
    /// None of `ranges` is divided.
    static func merged(_ ranges: [Range<Int>], gapBytes: Int, limitBytes: Int) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = merged.last, range.lowerBound - last.upperBound <= gapBytes,
                max(last.upperBound, range.upperBound) - last.lowerBound <= limitBytes
                    || range.upperBound <= last.upperBound
            {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}
