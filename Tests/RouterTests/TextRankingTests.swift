import Testing

@testable import Router

@Suite("Text: scores and ranks")
struct TextRankingTests {
    /// A worked example by hand: N = 3, mean length 4, a term in two texts, once in a text of 2 and twice in one of 6.
    @Test("BM25 of a worked example")
    func worked() {
        let term = BM25(documents: 3, meanLength: 4, matching: 2, repetitions: 1)
        // ln(1 + 1.5 / 2.5) = 0.470003629; 2.2 / (1 + 1.2 (0.25 + 0.375)) = 1.257142857;
        // 4.4 / (2 + 1.2 (0.25 + 1.125)).
        #expect(abs(term.score(frequency: 1, length: 2) - 0.470003629 * 1.257142857) < 1e-8)
        #expect(abs(term.score(frequency: 2, length: 6) - 0.470003629 * 4.4 / 3.65) < 1e-8)
        let twice = BM25(documents: 3, meanLength: 4, matching: 2, repetitions: 2)
        #expect(twice.score(frequency: 1, length: 2) == 2 * term.score(frequency: 1, length: 2))
        // A word that every text has still counts, if little.
        #expect(BM25(documents: 3, meanLength: 4, matching: 3, repetitions: 1).score(frequency: 1, length: 4) > 0)
    }

    @Test("fused sums are of weights and ranks from 1")
    func fused() {
        let sums = RankFusion.fuse([.init(["a", "b"]), .init(["b", "c"], weight: 2), .init([])])
        #expect(sums == ["a": 1 / 61.0, "b": 1 / 62.0 + 2 / 61.0, "c": 2 / 62.0])
    }
}
