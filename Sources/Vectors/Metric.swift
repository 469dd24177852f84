/// How near two vectors are. Smaller is nearer; the numbers are those of Amazon S3 Vectors.
public enum Metric: String, Sendable, Codable, CaseIterable {
    /// 1 - cosine similarity, clamped to 0...2.
    case cosine
    /// The plain L2 norm of the difference: the root, not the square.
    case euclidean
}
