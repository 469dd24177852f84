import Foundation
import MemVec
import Synchronization
import Text

/// A folder that is gone with it.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-text-" + UUID().uuidString
    init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Vectors of the words' letters, and a count of what it was given.
final class LetterEmbedder: Embedder {
    let name: String
    let dimension = 16
    let longestInput = 64
    let batchSize = 8
    let counted = Mutex<[String: Int]>([:])

    init(name: String = "letters") { self.name = name }

    var embeddedCount: Int { counted.withLock { $0.values.reduce(0, +) } }

    func tokenCount(_ text: String) -> Int { text.split(separator: " ").count }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        if form == .passage { counted.withLock { counted in for text in texts { counted[text, default: 0] += 1 } } }
        return texts.map { text in
            var values = [Float](repeating: 0.01, count: dimension)
            for byte in text.utf8 { values[Int(byte) % dimension] += 1 }
            return values
        }
    }
}

/// Documents out of memory.
struct ListReader: DocumentReader {
    var items: [SourceItem]
    var failure: SourceError?
    private var position = 0

    init(_ items: [SourceItem], failure: SourceError? = nil) {
        self.items = items
        self.failure = failure
    }

    mutating func next() throws(SourceError) -> SourceItem? {
        guard position < items.count else {
            if let failure { throw failure }
            return nil
        }
        position += 1
        return items[position - 1]
    }

    var progress: (done: Int, all: Int?) { (position, items.count) }
}

extension SourceDocument {
    /// A document with a section a text.
    init(_ id: String, _ texts: [String]) {
        self.init(
            id: id, title: "Title of \(id)", file: "\(id).txt",
            sections: texts.enumerated().map { Section(title: $0 == 0 ? "" : "Part \($0)", text: $1) })
    }
}

/// A collection for `embedder` in a folder of its own.
func textCollection(
    in folder: TemporaryFolder, _ embedder: any Embedder, cold: String? = nil
) async throws -> TextCollection {
    var settings = try CollectionSettings()
    try settings.set("ram-budget", to: "4MiB")
    let configuration = try TextCollection.configuration(
        for: embedder, maker: embedder.name, cold: cold, settings: settings)
    var options = OpenOptions()
    options.mapBytes = 1 << 30
    let vectors = try await VectorCollection.create(at: folder.path + "/texts", configuration, options: options)
    return try TextCollection(vectors, embedder: embedder)
}
