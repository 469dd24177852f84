internal import Foundation
internal import Vectors

/// Vectors as servers and programs write them.
enum EmbeddingValues {
    /// Values that a vector may have.
    static let dimensions = 1...4096

    /// Of an array of numbers, or of the base64 of float32 in little-endian order; nil for anything else, and where a
    /// value is not finite or none is there.
    static func read(_ value: JSONValue?) -> [Float]? {
        let values: [Float]
        switch value {
        case .array(let numbers):
            values = numbers.compactMap { $0.double.map { Float($0) } }
            guard values.count == numbers.count else { return nil }
        case .string(let text):
            guard let bytes = Data(base64Encoded: text), bytes.count % 4 == 0 else { return nil }
            values = stride(from: 0, to: bytes.count, by: 4).map { start in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
            }
        default: return nil
        }
        return values.isEmpty || !values.allSatisfy(\.isFinite) ? nil : values
    }
}

/// Tokens of a text whose tokenizer is on the other side.
enum TokenEstimate {
    /// Four bytes a token is what English takes.
    static func count(_ text: String) -> Int { text.utf8.count / 4 + 1 }

    /// What nearly every model reads.
    static let longestInput = 512
}
