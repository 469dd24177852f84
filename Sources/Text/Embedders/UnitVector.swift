/// Vectors of length 1.
enum UnitVector {
    /// What has no length, as a text without a word that is known, points along the first axis: cosine needs a
    /// direction.
    static func scaled(_ values: [Float]) -> [Float] {
        let length = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard length > 0, length.isFinite else {
            return values.indices.map { $0 == 0 ? 1 : 0 }
        }
        return values.map { Float(Double($0) / length) }
    }
}
