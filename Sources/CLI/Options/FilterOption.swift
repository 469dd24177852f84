import ArgumentParser
import MemVec

/// Which vectors a command is about.
struct FilterOption: ParsableArguments {
    @Option(help: "Only vectors whose metadata match, in the grammar of S3 Vectors: '{\"year\": {\"$gte\": 2020}}'.")
    var filter: String?

    /// - Throws: a usage error that says where the filter is wrong.
    func parsed(for collection: VectorCollection) throws -> Filter? {
        guard let filter else { return nil }
        do {
            return try Filter(json: filter, nonFilterable: collection.nonFilterableKeys)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
