/// Vectors made from a seed, for when no real ones are at hand: Gaussian clusters of unequal size (Zipf 0.5) and width.
public enum Clusters {
    /// Row-major values of `count` vectors.
    public static func vectors(
        count: Int, dimension: Int, clusters: Int = 2_000, spread: Float = 0.35, seed: UInt64 = 3
    ) -> [Float] {
        drawn(count: count, dimension: dimension, clusters: clusters, spread: spread, seed: seed).values
    }

    /// The same, and of each vector the cluster that it was drawn in.
    public static func drawn(
        count: Int, dimension: Int, clusters: Int = 2_000, spread: Float = 0.35, seed: UInt64 = 3
    ) -> (values: [Float], clusters: [Int]) {
        var random = SplitMix64(seed: seed)
        let centres = (0..<(clusters * dimension)).map { _ in random.normal() }
        let zipf = Zipf(count: clusters, exponent: 0.5)
        let which = (0..<count).map { _ in zipf.draw(&random) }
        var out: [Float] = []
        out.reserveCapacity(count * dimension)
        for cluster in which {
            let width = spread * Float(0.5 + Double(cluster) / Double(clusters))
            for i in 0..<dimension {
                out.append((centres[cluster * dimension + i] + width * random.normal()) * 40 + 128)
            }
        }
        return (out, which)
    }
}
