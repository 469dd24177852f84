import MemVec

/// What some queries should have been answered, to judge answers by.
struct RecallSample: Sendable {
    private struct Truth: Sendable {
        let keys: Set<String>
        /// Who lies no farther than the last true neighbour is as good as it.
        let farthest: Float
    }

    private let truths: [Int: Truth]

    /// - Parameter answers: the true neighbours by the number of their query, nearest first.
    init(answers: [Int: [Hit]]) {
        truths = answers.mapValues {
            Truth(keys: Set($0.map(\.key.text)), farthest: $0.last?.distance ?? -.infinity)
        }
    }

    /// So many of `numbers`, evenly spread.
    static func numbers(_ count: Int, of numbers: Range<Int>) -> [Int] {
        let count = min(count, numbers.count)
        return (0..<count).map { numbers.lowerBound + $0 * numbers.count / count }
    }

    /// Asks `collection`, which counts it as no use.
    static func asked(
        _ numbers: [Int], of traffic: BenchTraffic, _ collection: VectorCollection, k: Int, _ options: QueryOptions,
        progress: (Int) -> Void
    ) async throws -> RecallSample {
        var options = options, answers: [Int: [Hit]] = [:]
        options.countsAsUse = false
        for (done, number) in numbers.enumerated() where !Interruption.isAsked {
            answers[number] = try await collection.query(traffic.vector(number), k: k, options: options).hits
            progress(done + 1)
        }
        return RecallSample(answers: answers)
    }

    /// The share of the true neighbours that the answers have; nil where none of them was sampled.
    func recall(of answers: [Int: [Hit]]) -> Double? {
        var kept = 0, wanted = 0
        for (number, hits) in answers {
            guard let truth = truths[number] else { continue }
            wanted += truth.keys.count
            kept += min(
                truth.keys.count,
                hits.count { truth.keys.contains($0.key.text) || ($0.isExact && $0.distance <= truth.farthest) })
        }
        return wanted == 0 ? nil : Double(kept) / Double(wanted)
    }
}
