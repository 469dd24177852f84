internal import FoundationEssentials
internal import Vectors

/// How a batch job orders candidates, and what it may take of the machine.
public struct RerankOptions: Sendable {
    /// How first-stage scores and distances become one score.
    public enum Fusion: Sendable, Equatable {
        /// The sum of 1 / (60 + rank) over both rankings (``RankFusion``).
        case reciprocalRank
        /// `weight` x nearness + (1 - weight) x first-stage score, each scaled to 0...1 over the line's candidates.
        case weighted(Double)
    }

    /// Hits of a line, 1...10,000; nil: all of its candidates, and 10 of a search.
    public var k: Int?
    /// How scores of a first stage count; nil orders by distance alone.
    public var fusion: Fusion?
    /// Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), 0...1: what is taken next is what is least in
    /// mmr x distance to the query - (1 - mmr) x distance to the nearest that was taken before. 1 is the plain order.
    public var mmr: Double?
    /// Of lines without candidates. Their k is that of the line; they never count as use. With a deadline a line has
    /// estimates where vectors of a remote do not come; without one the job ends with ``MemVecError/cold(_:)``.
    public var query = QueryOptions()
    /// Threads that work on it; all cores by default.
    public var threadCount = max(1, ProcessInfo.processInfo.activeProcessorCount)
    /// Whether all other threads of the machine come first, as a service wants it that answers queries meanwhile.
    public var yieldsToQueries = true
    /// What the lines of one moment may take, with all that is made of them.
    public var ramBudgetBytes = 512 << 20

    /// What shares of memory are taken of.
    package static var machineBytes: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

    /// More is not taken at once, whatever the budget: keys of one part are addressed by 32 bits.
    package static let mostBytesAtOnce = 1 << 32

    /// The defaults.
    public init() {}

    func check() throws(InputError) {
        if let k, !(1...10_000).contains(k) { throw .outOfRange(name: "k", value: "\(k)", allowed: "1 to 10,000") }
        if let mmr, !(0...1).contains(mmr) { throw .outOfRange(name: "mmr", value: "\(mmr)", allowed: "0 to 1") }
        if case .weighted(let weight) = fusion, !(0...1).contains(weight) {
            throw .outOfRange(name: "weight of the distance", value: "\(weight)", allowed: "0 to 1")
        }
        guard mmr == nil || fusion == nil else {
            throw .outOfRange(name: "mmr", value: "given beside a fusion", allowed: "one of the two")
        }
        guard ramBudgetBytes >= 1 << 20 else {
            throw .outOfRange(name: "ram-budget", value: "\(ramBudgetBytes)", allowed: "1 MiB or more")
        }
    }
}

/// What a batch job did, and how long it took.
public struct RerankReport: Sendable {
    /// Lines that came.
    public var lineCount = 0
    /// Lines without candidates.
    public var searchCount = 0
    /// Candidates of all lines.
    public var candidateCount = 0
    /// Keys that were looked up: each once in each part of the input that is held at once.
    public var lookupCount = 0
    /// Candidates that the collection does not have.
    public var missingCount = 0
    /// Calls of the cold store: fetches, and its own answers to searches.
    public var fetchCallCount = 0
    /// Keys that were fetched from the cold store, and hits of its own answers.
    public var fetchedKeyCount = 0
    /// US dollars that these took, estimated.
    public var dollars = 0.0
    /// Parts of the input that were held at once.
    public var chunkCount = 0
    /// How long it took, by stage.
    public var seconds = Seconds()

    /// Of the clock, by stage.
    public struct Seconds: Sendable {
        /// Keys hashed and sorted, and looked up in one pass.
        public var resolve = 0.0
        /// Distances to what is at hand.
        public var score = 0.0
        /// Waiting for the cold store.
        public var fetch = 0.0
        /// Searches of lines without candidates.
        public var search = 0.0
        /// Lines put in order.
        public var order = 0.0
    }

    /// Nothing done yet.
    public init() {}
}
