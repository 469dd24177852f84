internal import Glibc

/// How much one term says for a text (Okapi BM25).
///
/// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the inverse document
/// frequency that Lucene's BM25Similarity takes, which is never negative:
/// ln(1 + (N - n + 0.5) / (n + 0.5)) * f (k1 + 1) / (f + k1 (1 - b + b L / mean L)).
struct BM25 {
    static let k1 = 1.2
    static let b = 0.75

    /// With the factor k1 + 1 in it.
    private let weight: Double
    private let perTerm: Double

    /// - Parameters:
    ///   - documents: rows that have the field.
    ///   - meanLength: of the field in those, in terms.
    ///   - matching: rows that have the term; not 0.
    ///   - repetitions: how often the query has the term.
    init(documents: Int, meanLength: Double, matching: Int, repetitions: Int) {
        let rest = Double(max(0, documents - matching)) + 0.5
        weight = log(1 + rest / (Double(matching) + 0.5)) * (Self.k1 + 1) * Double(repetitions)
        perTerm = Self.k1 * Self.b / max(meanLength, 1)
    }

    func score(frequency: Int, length: Int) -> Double {
        let frequency = Double(frequency)
        return weight * frequency / (frequency + Self.k1 * (1 - Self.b) + perTerm * Double(length))
    }
}
