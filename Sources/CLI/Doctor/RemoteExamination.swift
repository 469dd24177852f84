import MemVec
import Storage
import Vectors

/// The remote that a collection stands in front of: whether it is there, may be read, and is the collection's.
enum RemoteExamination {
    /// - Parameter settings: of the collection, with what the user says in their place.
    static func finding(_ file: CollectionFile, at address: String, _ settings: CollectionSettings) async -> Finding {
        let found: RemoteDescription
        do { found = try await VectorCollection.look(at: address, settings: settings) } catch {
            return .failure("remote", "\(address): \(error)", advice(on: "\(error)"))
        }
        let text = "\(address) is there, \(found.dimension) values, \(found.metric)"
        guard found.dimension == file.dimension, found.metric == file.metric else {
            return .failure(
                "remote", "\(text); the collection has \(file.dimension) values, \(file.metric)",
                "it was made anew: detach this collection, and attach again")
        }
        return .fine("remote", text)
    }

    private static func advice(on refusal: String) -> String {
        if refusal.contains("(404") {
            return "was it erased, or are region and endpoint those of another service?"
        }
        if refusal.contains("(403") {
            return "these keys may not read it: they need GetIndex, GetVectors, ListVectors and QueryVectors there"
        }
        return "vectors that are not at hand cannot be fetched until it answers"
    }
}
