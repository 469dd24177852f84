import MemVec
import Vectors
import Workload

/// Queries and what a fetch of all their candidates answers.
final class Traffic {
    let name: String
    let stream: QueryStream
    let filter: Filter?
    private(set) var truth: [[String]?]

    init(_ name: String, around centres: [[Float]], _ settings: QueryStream.Settings, filter: Filter? = nil) {
        self.name = name
        stream = QueryStream(around: centres.flatMap { $0 }, dimension: centres[0].count, settings)
        self.filter = filter
        truth = [[String]?](repeating: nil, count: stream.count)
    }

    var count: Int { stream.count }

    func vector(_ number: Int) -> [Float] { stream.vector(number) }

    /// Keys of the k nearest candidates, measured once: nothing that is in a tier changes them.
    func nearest(_ number: Int, k: Int, _ collection: VectorCollection) async throws -> [String] {
        if let known = truth[number] { return known }
        var options = QueryOptions()
        options.policy = .off
        options.countsAsUse = false
        options.filter = filter
        let keys = try await collection.query(vector(number), k: k, options: options).hits.map(\.key.text)
        truth[number] = keys
        return keys
    }

    /// - Parameter sigma: standard deviation of the noise, per coordinate, in place of the traffic's own.
    static func named(
        _ name: String, _ centres: [[Float]], count: Int, seed: UInt64? = nil, sigma: Float? = nil
    ) throws -> Traffic {
        var settings = QueryStream.Settings(count: count)
        var filter: Filter?
        switch name {
        case "main": settings.seed = 7
        case "tune": settings.seed = 8
        case "flat": (settings.exponent, settings.seed) = (0.8, 9)
        case "repeat": settings.sigma = 0
        case "noisy": (settings.sigma, settings.seed) = (24, 10)
        case "filtered":
            settings.seed = 11
            filter = try Filter(json: #"{"slot":{"$lt":2}}"#)
        case "uniform": (settings.exponent, settings.seed) = (0, 12)
        default: break
        }
        if let seed { settings.seed = seed }
        if let sigma { settings.sigma = sigma }
        return Traffic(name, around: centres, settings, filter: filter)
    }
}
