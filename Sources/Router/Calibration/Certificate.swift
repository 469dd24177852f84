internal import Glibc

/// Tells from the losses of audited queries, at any time one looks, whether the mean loss is below a mark.
///
/// A bet against "the mean loss is at least the mark": capital is multiplied by 1 + b (mark - loss), where b follows
/// from the losses before alone. If the mean is not below the mark, capital reaches 20 with a chance of at most 5 %
/// (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024, arXiv 2010.09686).
struct Certificate: Sendable, Equatable {
    /// Mean loss that is to be refuted.
    let mark: Double
    private(set) var isReached = false
    private var logCapital = 0.0
    private static let logGoal = log(20.0)
    private static let boldness = 0.9

    init(mark: Double) { self.mark = mark }

    init(mark: Double, logCapital: Double, isReached: Bool) {
        self.mark = mark
        self.logCapital = logCapital
        self.isReached = isReached
    }

    /// Of the largest capital so far; a certificate stands once it was reached.
    var saved: (logCapital: Double, isReached: Bool) { (logCapital, isReached) }

    mutating func note(_ loss: Double, after losses: LossSums) {
        logCapital += log1p(stake(losses) * (mark - loss))
        if logCapital >= Self.logGoal { isReached = true }
    }

    /// Audits without loss that are missing; nil where none would raise the capital.
    func missingCount(after losses: LossSums) -> Int? {
        guard !isReached else { return 0 }
        let gain = log1p(stake(losses) * mark)
        return gain > 0 ? Int(min(max(1, ((Self.logGoal - logCapital) / gain).rounded(.up)), 1e15)) : nil
    }

    private func stake(_ losses: LossSums) -> Double {
        // As if one audit had lost half of the mark, so that there is something to divide by.
        let count = losses.count + 1
        let mean = (losses.sum + mark / 2) / count
        let variance = max((losses.squares + mark * 0.05) / count - mean * mean, 1e-8)
        let gap = max(mark - mean, 0)
        return min(gap / (variance + gap * gap), Self.boldness / (1 - mark))
    }
}

/// Count, sum and squares of the losses so far.
struct LossSums: Sendable, Equatable, Codable {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0

    mutating func note(_ loss: Double) {
        count += 1
        sum += loss
        squares += loss * loss
    }
}
