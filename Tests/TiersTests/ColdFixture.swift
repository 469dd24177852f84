import Testing
import Vectors

@testable import Tiers

/// A store in memory behind a simulated distance, a virtual clock, and what calls them.
struct ColdFixture {
    let clock: VirtualClock
    let memory: MemoryColdStore
    let store: SimulatedColdStore
    let caller: ColdCaller

    init(
        count: Int = 0, latency: Duration = .milliseconds(80), jitter: Double = 0, passesByItself: Bool = true,
        limits: ColdLimits = ColdLimits(), caller: ColdCaller.Settings = ColdFixture.callerSettings
    ) async throws {
        clock = VirtualClock(passesByItself: passesByItself)
        memory = MemoryColdStore(ColdDescription(dimension: 4, metric: .euclidean), limits: limits)
        var settings = SimulatedColdStore.Settings()
        settings.latency = latency
        settings.jitter = jitter
        store = SimulatedColdStore(over: memory, settings, clock: clock)
        self.caller = ColdCaller(caller, clock: clock)
        for number in 0..<count { await memory.overwrite(try Self.vector(number)) }
    }

    static var callerSettings: ColdCaller.Settings {
        var settings = ColdCaller.Settings()
        settings.seed = 1
        return settings
    }

    static func key(_ number: Int) throws -> VectorKey { try VectorKey("key-\(number)") }
    static func keys(_ numbers: Range<Int>) throws -> [VectorKey] { try numbers.map { try key($0) } }
    static func vector(_ number: Int) throws -> ColdVector {
        ColdVector(
            key: try key(number), values: [Float](repeating: Float(number), count: 4),
            metadata: try Metadata(json: #"{"number":\#(number)}"#))
    }
}
