internal import S3Vectors
internal import Synchronization

/// Makes a server as slow and as unreliable as a service far away: what tests and benchmarks put in S3 Vectors' place.
///
/// Requests of the API are numbered as they come; what happens to the n-th follows from the seed and n alone.
package final class Simulation: Sendable {
    private let latency: Duration
    private let faults: FaultSpec?
    private let seed: UInt64
    private let requestCount = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - latency: what each request takes beside its work, give or take a quarter, drawn evenly.
    ///   - faults: with the seed of both.
    package init(latency: Duration = .zero, faults: FaultSpec? = nil) {
        self.latency = latency
        self.faults = faults
        seed = faults?.seed ?? 1
    }

    /// What is to happen to the next request; nil for paths that are no part of the API.
    func plan(for call: Call) -> SimulatedFate? {
        guard Operation.match(method: call.method, path: call.path) != nil else { return nil }
        return plan(requestCount.add(1, ordering: .relaxed).oldValue)
    }

    /// What is to happen to the request with this number, counted from 0.
    func plan(_ number: UInt64) -> SimulatedFate {
        func unit(_ draw: UInt64) -> Double { Double(Self.draw(seed, 3 * number + draw) >> 11) * 0x1p-53 }
        let delay = latency * (0.75 + 0.5 * unit(0))
        return SimulatedFate(delay: delay, fault: faults?.fault(at: unit(1)), seed: Self.draw(seed, 3 * number + 2))
    }

    /// The `index`-th number of SplitMix64 with this seed, without those before it.
    private static func draw(_ seed: UInt64, _ index: UInt64) -> UInt64 {
        var z = seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What is to happen to one request.
struct SimulatedFate: Equatable, Sendable {
    /// Before it is looked at.
    var delay: Duration
    var fault: Fault?
    /// Of what the fault makes up.
    var seed: UInt64

    /// A body in place of one of so many bytes.
    func garbage(_ byteCount: Int) -> [UInt8] {
        var state = seed
        return (0..<max(16, byteCount)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// JSON that is an answer of no operation.
    var wrongJSON: [UInt8] {
        let texts = [
            #"[]"#, #"null"#, #""vectors""#, #"{"vectors":7,"index":[],"vectorBucket":"x","distanceMetric":{}}"#,
            #"{"vectors":[{"key":7,"data":{"float32":"none"},"distance":"near"}],"distanceMetric":7,"indexes":{}}"#,
        ]
        return Array(texts[Int(seed % UInt64(texts.count))].utf8)
    }
}
