internal import Analysis
public import Storage
public import Vectors

/// A row that full-text search found.
public struct TextScore: Sendable, Equatable {
    /// The row that was found.
    public let row: Row
    /// BM25 over all that was asked.
    public let score: Float
    /// BM25 of each text that was asked, in their order; 0 where the row has none of its terms.
    public let parts: [Float]
}

/// Ranks rows by BM25: every posting of every term of the query is counted, nothing is estimated.
///
/// Scores are summed in a table for some thousand rows at a time, so that it stays in the processor's cache and no row
/// costs memory that has no term.
public struct TextRanking {
    /// The postings of one term, and what they are worth.
    private struct List {
        let postings: [TextPosting]
        let value: BM25
        var at = 0

        var nextRow: UInt32? { at < postings.count ? postings[at].row.number : nil }

        func score(of row: Row) -> Double {
            var low = 0, high = postings.count
            while low < high {
                let middle = (low + high) / 2
                if postings[middle].row < row { low = middle + 1 } else { high = middle }
            }
            guard low < postings.count, postings[low].row == row else { return 0 }
            return value.score(frequency: postings[low].frequency, length: postings[low].length)
        }
    }

    /// For each text that is asked its terms' lists.
    private var lists: [[List]] = []

    /// - Parameter queries: fields of the moment that `reader` is, each with what is sought in it.
    /// - Complexity: copies 8 bytes for each row of each term.
    public init(_ queries: [(field: TextField, text: String)], _ reader: borrowing StoreReader) throws {
        for (field, text) in queries { lists.append(try Self.lists(of: text, in: field, reader)) }
    }

    private static func lists(
        of text: String, in field: TextField, _ reader: borrowing StoreReader
    ) throws -> [List] {
        guard field.documentCount > 0 else { return [] }
        var terms: [[UInt8]: Int] = [:]
        Analyzer(language: field.language, role: .question).forEachTerm(in: text) { term, _, _ in
            terms[term.indices.map { term[$0] }, default: 0] += 1
        }
        let meanLength = Double(field.totalLength) / Double(field.documentCount)
        // In an order of their own: sums of floating-point numbers depend on it.
        return try terms.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap { term, repetitions in
            let postings = try reader.postings(of: term.span, in: field)
            guard !postings.isEmpty else { return nil }
            let value = BM25(
                documents: Int(field.documentCount), meanLength: meanLength, matching: postings.count,
                repetitions: repetitions)
            return List(postings: postings, value: value)
        }
    }

    /// Rows of which scores are summed at once.
    private static let windowRows = 16_384

    /// The `k` rows with the highest score, highest first, ties by smaller row.
    ///
    /// - Parameter among: nil takes all.
    /// - Complexity: about 5 ns for each row of each term.
    public func best(_ k: Int, among: RowSet?) -> [TextScore] {
        var lists = self.lists.flatMap { $0 }
        var nearest = Nearest(limit: k)
        var sums = [Double](repeating: 0, count: Self.windowRows)
        var touched: [Int] = []
        while let next = lists.compactMap(\.nextRow).min() {
            let start = Int(next) / Self.windowRows * Self.windowRows
            for at in lists.indices { Self.add(&lists[at], from: start, &sums, &touched) }
            for offset in touched {
                let row = Row(UInt32(start + offset))
                if among?.contains(row) ?? true { nearest.insert(-Float(sums[offset]), row) }
                sums[offset] = 0
            }
            touched.removeAll(keepingCapacity: true)
        }
        return nearest.sorted().map { entry in
            TextScore(
                row: entry.row, score: -entry.distance,
                parts: self.lists.map { part in Float(part.reduce(0) { $0 + $1.score(of: entry.row) }) })
        }
    }

    private static func add(_ list: inout List, from start: Int, _ sums: inout [Double], _ touched: inout [Int]) {
        let value = list.value
        while list.at < list.postings.count {
            let posting = list.postings[list.at], offset = Int(posting.row.number) - start
            guard offset < windowRows else { return }
            if sums[offset] == 0 { touched.append(offset) }
            sums[offset] += value.score(frequency: posting.frequency, length: posting.length)
            list.at += 1
        }
    }
}
