import ArgumentParser
import MemVec
import Workload

/// Which queries a load test asks.
struct TrafficOptions: ParsableArguments {
    @Option(help: "zipf, drift, abrupt, uniform, noisy, log:FILE (vectors in order) or trace:FILE (uint32 numbers).")
    var workload = TrafficKind.zipf
    @Option(
        help: "Vectors that queries gather around, as import reads them; by default some of a local collection.",
        completion: .file())
    var queries: String?
    @Option(help: "Exponent of Zipf's law; 0 is uniform.")
    var zipf = 0.99
    @Option(help: "Deviation of each value of a query from its vector (0.18 of the values' root mean square; 0: none).")
    var noise: Double?
    @Option(help: "Seed of the traffic.")
    var seed: UInt64 = 1

    private static let poolLimit = 10_000

    func validate() throws {
        guard (0...10).contains(zipf) else { throw ValidationError("--zipf is \(zipf); 0 to 10 are possible") }
        if let noise, !(noise >= 0 && noise.isFinite) { throw ValidationError("--noise is \(noise); 0 or more") }
    }

    /// At most `count` queries: a log or a trace may have fewer.
    func traffic(for stand: BenchStand, count: Int) async throws -> BenchTraffic {
        if case .log(let path) = workload {
            return BenchTraffic(recorded: try QueryFile.read(path, limit: count, dimension: stand.dimension))
        }
        var shape = BenchTraffic.Shape()
        (shape.kind, shape.exponent, shape.noise, shape.seed) = (workload, zipf, noise, seed)
        return try BenchTraffic(shape, around: try await vectors(stand), count: count)
    }

    private func vectors(_ stand: BenchStand) async throws -> [[Float]] {
        if let queries { return try QueryFile.read(queries, limit: Self.poolLimit, dimension: stand.dimension) }
        guard let local = stand.exact else {
            throw ValidationError("--queries: the vectors of a collection in front of a store would have to be fetched")
        }
        return try await BenchStand.reading(local) { collection in
            var keys: [String] = [], position: String?
            repeat {
                let page = try await collection.list(after: position, limit: 10_000)
                keys += page.records.map(\.key.text)
                position = page.next
            } while position != nil
            var random = SplitMix64(seed: seed)
            let chosen = random.permutation(keys.count).prefix(Self.poolLimit).map { keys[Int($0)] }
            return try await collection.get(chosen).compactMap { $0?.values }
        }
    }
}

/// How a load test asks.
struct LoadOptions: ParsableArguments {
    @Option(help: "Clients, each of which waits for its answer before it asks again.")
    var clients = 1
    @Option(help: "Queries a second, answered or not, in place of clients.")
    var rate: Double?
    @Option(help: "Queries that count, in each cell.")
    var count = 2000
    @Option(help: "Ends what counts of a cell after this time, such as 30s.")
    var duration: String?
    @Option(help: "Queries that are asked before it counts.")
    var warmup = 1000
    @Option(name: .shortAndLong, help: "Hits wanted, 1 to 10,000.")
    var k = 10
    @OptionGroup var filter: FilterOption
    @Option(help: "Recall@10 to aim at.")
    var recall: Double?
    @Option(help: "Lists of the index to look into.")
    var nprobe: Int?
    @Option(help: "Time after which missing vectors keep their estimates, such as 200ms.")
    var deadline: String?

    var seconds: Double? { duration.flatMap { try? CollectionSettings.seconds($0, "duration") } }
    var loop: LoadRun.Loop { rate.map { .open(rate: $0) } ?? .closed(clients: clients) }

    var text: String {
        rate.map { "\(NumberText.fixed($0, 0)) a second" } ?? NumberText.counted(clients, "client")
    }

    func validate() throws {
        guard (1...10_000).contains(clients) else {
            throw ValidationError("--clients is \(clients); 1 to 10,000 are possible")
        }
        if let rate, !(rate > 0 && rate <= 1e6) {
            throw ValidationError("--rate is \(rate); up to 1,000,000 is possible")
        }
        guard (1...100_000_000).contains(count) else { throw ValidationError("--count is \(count); 1 or more") }
        guard (0...100_000_000).contains(warmup) else { throw ValidationError("--warmup is \(warmup); 0 or more") }
        guard (1...10_000).contains(k) else { throw ValidationError("-k is \(k); 1 to 10,000 are possible") }
        do {
            for (name, text) in [("duration", duration), ("deadline", deadline)] {
                if let text { _ = try CollectionSettings.seconds(text, name) }
            }
        } catch {
            throw ValidationError("--\(error)")
        }
    }

    func options(for stand: BenchStand) async throws -> QueryOptions {
        var options = QueryOptions()
        options.filter = try await BenchStand.reading(stand.source) { try filter.parsed(for: $0) }
        options.recall = recall
        options.nprobe = nprobe
        options.deadlineSeconds = try deadline.map { try CollectionSettings.seconds($0, "deadline") }
        return options
    }
}
