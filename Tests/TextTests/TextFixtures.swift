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

extension TemporaryFolder {
    /// Writes a file, in folders that need not be there; gives its path.
    func write(_ name: String, _ data: Data) throws -> String {
        let path = self.path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try data.write(to: URL(filePath: path))
        return path
    }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }
}

/// Packs a file by gzip or bzip2; gives the path of what it made.
func pack(_ program: String, _ path: String, _ ending: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program, "-kf", path]
    try process.run()
    process.waitUntilExit()
    return path + "." + ending
}

/// Everything that a source gives, and why it ended before its end.
func read(_ path: String) throws -> (items: [SourceItem], failure: SourceError?) {
    var reader = try DocumentReaders.open(path), items: [SourceItem] = []
    do throws(SourceError) {
        while let item = try reader.next() { items.append(item) }
        return (items, nil)
    } catch {
        return (items, error)
    }
}

extension SourceItem {
    var document: SourceDocument? { if case .document(let document) = self { document } else { nil } }
    var reason: String? {
        switch self {
        case .document: nil
        case .skipped(_, let reason), .broken(_, _, let reason): reason
        }
    }
    var isBroken: Bool { if case .broken = self { true } else { false } }
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
