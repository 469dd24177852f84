import ArgumentParser
import Foundation
import Workload

/// The queries of a load test, by number: the same for each of its cells.
struct BenchTraffic: Sendable {
    /// How traffic is drawn, where it is.
    struct Shape: Sendable {
        var kind = TrafficKind.zipf
        var exponent = 0.99
        /// Standard deviation of the noise in the vectors' own units; nil: 0.18 of their root mean square.
        var noise: Double?
        var seed: UInt64 = 1
    }

    /// Of the root mean square of values: 8 for SIFT descriptors.
    static let noiseShare = 0.18

    private enum Source: Sendable {
        case stream(QueryStream)
        case recorded([[Float]])
    }

    private let source: Source
    /// Standard deviation of the noise of each value.
    let noise: Double

    var count: Int {
        switch source {
        case .stream(let stream): stream.count
        case .recorded(let vectors): vectors.count
        }
    }

    func vector(_ number: Int) -> [Float] {
        switch source {
        case .stream(let stream): stream.vector(number)
        case .recorded(let vectors): vectors[number]
        }
    }

    /// A recorded log, of as many queries as it has.
    init(recorded vectors: [[Float]]) {
        source = .recorded(vectors)
        noise = 0
    }

    /// `count` queries around `vectors`.
    /// - Throws: a usage error for a trace that cannot be read.
    init(_ shape: Shape, around vectors: [[Float]], count: Int) throws {
        let base = vectors.flatMap { $0 }, dimension = vectors[0].count
        let scale = shape.kind == .noisy ? 3.0 : 1
        noise = scale * (shape.noise ?? Self.noiseShare * Self.rootMeanSquare(base))
        let sigma = Float(noise)
        func around(_ centres: [UInt32]) -> Source {
            .stream(
                QueryStream(around: base, dimension: dimension, centres: centres, sigma: sigma, seed: shape.seed))
        }
        switch shape.kind {
        case .zipf, .noisy, .uniform, .log:
            var settings = QueryStream.Settings(count: count)
            settings.exponent = shape.kind == .uniform ? 0 : shape.exponent
            (settings.sigma, settings.seed) = (sigma, shape.seed)
            source = .stream(QueryStream(around: base, dimension: dimension, settings))
        case .drift, .abrupt:
            let trace: ObjectTrace = shape.kind == .drift ? .drift : .abrupt
            // Of whole phases.
            let drawn = trace.requests(
                objects: vectors.count, count: (count + 3) / 4 * 4, seed: shape.seed, exponent: shape.exponent)
            source = around(Array(drawn.prefix(count)))
        case .trace(let path):
            source = around(try Self.numbers(of: path, limit: count).map { $0 % UInt32(vectors.count) })
        }
    }

    private static func rootMeanSquare(_ values: [Float]) -> Double {
        (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, values.count))).squareRoot()
    }

    /// The first numbers of a file of little-endian uint32.
    private static func numbers(of path: String, limit: Int) throws -> [UInt32] {
        let bytes: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            bytes = try file.read(upToCount: 4 * limit) ?? Data()
        } catch {
            throw ValidationError("the trace \(path) cannot be read: \(error.localizedDescription)")
        }
        guard !bytes.isEmpty, bytes.count % 4 == 0 else {
            throw ValidationError("the trace \(path) holds \(bytes.count) bytes; it should be numbers of 4 bytes each")
        }
        return stride(from: 0, to: bytes.count, by: 4).map { at in
            (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[bytes.startIndex + at + $1]) }
        }
    }
}
