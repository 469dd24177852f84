import ArgumentParser
import Formats
import Foundation
import S3Vectors
import Vectors

/// How far a `memvec rerank` has come, in a file of its own: what is written up to here is right, and what is behind is
/// cut off by the next run.
struct RerankCheckpoint: Codable, Equatable {
    private static let version = 2
    /// Of the input's beginning, and of what was read last, so many bytes tell it from another input.
    private static let digestedBytes = 64 << 10
    /// What JSON's numbers hold exactly; sums of such numbers do not overflow.
    private static let possible = 0...(1 << 53)

    private var version = RerankCheckpoint.version
    /// The options that decide what is written.
    var command: String
    /// Where it is written, as the user names it: the output, and the file of errors.
    var outputs: [String]
    /// Of a regular file.
    var inputBytes: Int?
    var inputOffset = 0
    /// Of a regular file, up to ``inputOffset``; nil before the first line.
    var inputDigest: String?
    var lineCount = 0
    var refusedCount = 0
    var outputBytes = 0
    var errorBytes = 0
    var isFinished = false

    init(command: String, outputs: [String], inputBytes: Int?) {
        self.command = command
        self.outputs = outputs
        self.inputBytes = inputBytes
    }

    /// What the file says; nil when there is none.
    ///
    /// - Throws: when it is of another command, another output or another input.
    static func read(_ path: String, like wanted: RerankCheckpoint, _ input: LineStream) throws -> RerankCheckpoint? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        guard let found = try? JSONDecoder().decode(RerankCheckpoint.self, from: data), found.isPossible else {
            throw ValidationError("\(path) is no checkpoint of this memvec; remove it to begin anew")
        }
        guard found.command == wanted.command else {
            throw ValidationError(
                "\(path) is of another command (\(found.command)); give that, or remove the file to begin anew")
        }
        guard found.outputs == wanted.outputs else {
            throw ValidationError(
                "\(path) is of another output (\(found.outputs.joined(separator: ", "))); give that, or remove the "
                    + "file to begin anew")
        }
        guard found.inputBytes == wanted.inputBytes,
            try found.inputOffset == 0 || found.inputDigest == digest(of: input, before: found.inputOffset)
        else {
            throw ValidationError("\(path) is of another input; remove it to begin anew")
        }
        return found
    }

    private var isPossible: Bool {
        let numbers = [inputBytes ?? 0, inputOffset, lineCount, refusedCount, outputBytes, errorBytes]
        return version == Self.version && numbers.allSatisfy { Self.possible.contains($0) }
    }

    /// Tells whether what was read of an input is still what is there; nil of a pipe.
    static func digest(of input: LineStream, before offset: Int) throws -> String? {
        try input.ends(before: offset, size: digestedBytes).map { Digest.hexadecimal(Digest.sha256($0)) }
    }

    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try WholeFile.write(Array(try encoder.encode(self)), to: path)
    }
}
