import Foundation
import S3Vectors

/// Measures how fast a GetVectors answer of 100 vectors of 1,536 values is read and written, beside Foundation in the
/// same run, and says which bars are kept.
@main
struct WireBench {
    private struct Answer: Codable {
        struct Vector: Codable {
            struct Data: Codable { var float32: [Float] }
            var key: String
            var data: Data
        }
        var vectors: [Vector]
    }

    static func main() throws {
        var state: UInt64 = 7
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 24) - 0.5) / 10
        }
        let vectors = (0..<100).map { number in
            VectorOutput(key: "key-\(number)", data: (0..<1536).map { _ in next() })
        }
        let answer = GetVectors.Answer(vectors: vectors)
        let plain = Answer(vectors: vectors.map { .init(key: $0.key, data: .init(float32: $0.data ?? [])) })
        let body = answer.body
        let read = try best { guard try GetVectors.Answer.read(body[...]) == answer else { throw Wrong() } }
        let written = try best { guard answer.body == body else { throw Wrong() } }
        let (decoder, encoder) = (JSONDecoder(), JSONEncoder())
        let theirRead = try best { _ = try decoder.decode(Answer.self, from: Data(body)) }
        let theirWritten = try best { _ = try encoder.encode(plain) }
        line("a GetVectors answer of 100 x 1,536 is read", read, 3, theirRead)
        line("a GetVectors answer of 100 x 1,536 is written", written, 8, theirWritten)
    }

    private struct Wrong: Error {}

    /// Milliseconds of the fastest of nine runs.
    private static func best(_ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<9 {
            let took = try ContinuousClock().measure(body).components
            best = min(best, Double(took.seconds) * 1e3 + Double(took.attoseconds) * 1e-15)
        }
        return best
    }

    private static func line(_ what: String, _ milliseconds: Double, _ bar: Double, _ foundation: Double) {
        func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
        print(
            "\(milliseconds <= bar ? "kept   " : "MISSED ") \(what): \(rounded(milliseconds)) ms (bar: \(bar) ms); "
                + "Foundation: \(rounded(foundation)) ms")
    }
}
