import ArgumentParser
import MemVec

/// One vector: as it is, or that of a key.
struct VectorChoice: ParsableArguments {
    @Option(help: "The vector as a JSON array; - reads it from standard input.")
    var vector: String?
    @Option(help: "The vector of this key.")
    var key: String?

    var count: Int { [vector, key].count { $0 != nil } }

    /// - Throws: ``MemVecError/notFound(key:)``, or what is wrong with the text.
    func values(in collection: VectorCollection) async throws -> [Float] {
        guard let key else {
            return try VectorText.parse(vector == "-" ? VectorText.standardInput() : vector ?? "")
        }
        guard let record = try await collection.get([key]).first ?? nil else { throw MemVecError.notFound(key: key) }
        return record.values
    }
}
