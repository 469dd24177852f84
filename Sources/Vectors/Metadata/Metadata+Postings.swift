extension Metadata {
    /// By what a filter can find this metadata: each field with each of its distinct values.
    ///
    /// - Parameter nonFilterable: the keys that the collection declared so; they are left out.
    public func postings(excluding nonFilterable: some Collection<String>) -> [(field: String, value: FilterScalar)] {
        var out: [(field: String, value: FilterScalar)] = []
        for field in fields where !nonFilterable.holdBytes(of: field.name) {
            guard case .array = field.value else {
                for scalar in FilterScalar.all(field.value) { out.append((field.name, scalar)) }
                continue
            }
            var seen: Set<FilterScalar> = []
            for scalar in FilterScalar.all(field.value) where seen.insert(scalar).inserted {
                out.append((field.name, scalar))
            }
        }
        return out
    }
}
