internal import CKernels
internal import Vectors

/// What a query may lose by not fetching its missing candidates.
struct Outlook: Sendable {
    /// Positions of the missing candidates, the likeliest to be among the k nearest first, and their chances.
    let order: [Int]
    let chances: [Float]
    let k: Int
    /// Squared distance within which k are expected.
    let threshold: Float
    /// Whether there are k without any of the missing ones.
    private let isWhole: Bool
    /// Of ``chances`` from each place on; one longer than they are.
    private let rests: [Float]

    /// Least and most keys of a call that is made anyway: 20 fill the tiers for later queries at no price, 100 is what
    /// S3 Vectors takes.
    private static let leastKeys = 20
    private static let mostKeys = 100
    /// A call goes on to the share of the risk level at which the rest is not worth a key.
    private static let leftOver: Float = 0.02

    init(_ situation: Situation, _ table: ChanceTable, dimension: Int) {
        k = situation.k
        let missing = situation.missing, count = missing.count
        var found = [mv_chance](repeating: mv_chance(), count: count)
        let metric = situation.metric
        let present = situation.present.prefix(k).map { Outlook.squared($0, metric) }
        isWhole = present.count >= k
        let estimates = missing.map { max($0.squaredEstimate, 0) }
        let errors = missing.map { ErrorModel.errors[Int($0.codeError)] }
        // Sound: every pointer lives through the call, with the length that is said; scratch holds 3 * count floats.
        threshold = unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, 3 * count)) { scratch in
            unsafe mv_chances(
                table.shares, present, present.count, estimates, errors, count, situation.k, Float(dimension),
                scratch.baseAddress, &found)
        }
        order = found.map { Int($0.place) }
        chances = found.map(\.chance)
        var rests = [Float](repeating: 0, count: count + 1)
        for place in stride(from: count - 1, through: 0, by: -1) { rests[place] = rests[place + 1] + chances[place] }
        self.rests = rests
    }

    /// A distance of the metric as the squared distance between prepared vectors.
    static func squared(_ distance: Float, _ metric: Metric) -> Float {
        metric == .euclidean ? distance * distance : 2 * distance
    }

    /// Expected share of the k nearest that is lost when the first `count` in order are fetched.
    func loss(fetching count: Int = 0) -> Float { min(1, rests[count] / Float(k)) }

    /// How many in order are to be fetched at a risk level: none where the expected loss is within it and there are k
    /// without (an answer that is shorter than it might be looks wrong, whatever it is worth); else those that matter,
    /// in one call, and in a second one only if what is left is more than the level. Never fewer at a smaller level.
    func fetchCount(at level: Float) -> Int {
        guard loss() > level || !isWhole else { return 0 }
        var count = 0
        while count < order.count {
            if count >= Self.mostKeys, count % Self.mostKeys == 0, loss(fetching: count) <= level { break }
            if count >= Self.leastKeys, loss(fetching: count) <= Self.leftOver * level { break }
            count += 1
        }
        return count
    }
}
