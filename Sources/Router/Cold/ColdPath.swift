/// How the cold store is asked about vectors that are not at hand.
public enum ColdPath: String, Sendable, CaseIterable {
    /// For the vectors themselves: exact, fills the tiers.
    case get
    /// To answer the query: one call, fills nothing.
    case query
    /// Whichever costs less, and vectors that are missed again and again in full calls besides.
    case auto
}
