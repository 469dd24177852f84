import ArgumentParser
import Formats
import Foundation
import Vectors

/// How far a `memvec rerank` has come, in a file of its own: what is written up to here is right, and what is behind is
/// cut off by the next run.
struct RerankCheckpoint: Codable, Equatable {
    private static let version = 1

    private var version = RerankCheckpoint.version
    /// The options that decide what is written.
    var command: String
    /// Of a regular file.
    var inputBytes: Int?
    var inputOffset = 0
    var lineCount = 0
    var refusedCount = 0
    var outputBytes = 0
    var errorBytes = 0
    var isFinished = false

    init(command: String, inputBytes: Int?) {
        self.command = command
        self.inputBytes = inputBytes
    }

    /// What the file says; nil when there is none.
    ///
    /// - Throws: when it is of another command or another input.
    static func read(_ path: String, like wanted: RerankCheckpoint) throws -> RerankCheckpoint? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        guard let found = try? JSONDecoder().decode(RerankCheckpoint.self, from: data), found.version == version else {
            throw ValidationError("\(path) is no checkpoint of this memvec; remove it to begin anew")
        }
        guard found.command == wanted.command else {
            throw ValidationError(
                "\(path) is of another command (\(found.command)); give that, or remove the file to begin anew")
        }
        guard found.inputBytes == wanted.inputBytes else {
            throw ValidationError("\(path) is of another input; remove it to begin anew")
        }
        return found
    }

    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try WholeFile.write(Array(try encoder.encode(self)), to: path)
    }
}
