internal import Synchronization
package import Tiers
internal import Vectors

/// What was asked of the service, by operation, and what that costs.
///
/// An attempt costs if it was answered with 200 or if its answer was lost; one that was refused, throttled or failed
/// does not. So the sum is an estimate: the bill may count refusals.
package final class CostMeter: Sendable {
    private struct State {
        var counts: [Operation: ColdCharge] = [:]
        var sizes: [String: ColdSize] = [:]
    }

    package let prices: PriceTable
    private let state = Mutex(State())

    package init(_ prices: PriceTable = PriceTable()) { self.prices = prices }

    package var counts: [Operation: ColdCharge] { state.withLock { $0.counts } }
    package var total: ColdCharge { state.withLock { $0.counts.values.reduce(ColdCharge(), +) } }

    /// Tells how large an index is, so that its queries can be priced; until then they count as over an empty one.
    package func setSize(of index: String, _ size: ColdSize) { state.withLock { $0.sizes[index] = size } }

    /// One attempt, sent or perhaps sent.
    func note(_ operation: Operation, _ attempt: Attempt) {
        state.withLock { state in
            var counts = state.counts[operation] ?? ColdCharge()
            counts.requestCount += 1
            counts.retryCount += attempt.isRetry ? 1 : 0
            counts.failureCount += attempt.isAnswered ? 0 : 1
            counts.throttledCount += attempt.isThrottled ? 1 : 0
            counts.keyCount += attempt.keyCount
            counts.sentByteCount += attempt.sentByteCount
            counts.receivedByteCount += attempt.receivedByteCount
            if attempt.isAnswered || attempt.isLost { counts.dollars += price(operation, attempt, state.sizes) }
            state.counts[operation] = counts
        }
    }

    struct Attempt {
        var index: String?
        var isRetry = false
        /// With status 200.
        var isAnswered = false
        /// No answer came; the service may have done it.
        var isLost = false
        var isThrottled = false
        var keyCount = 0
        /// Of PutVectors: what is stored.
        var logicalByteCount = 0
        /// Of QueryVectors.
        var resultBytes: [Int] = []
        var sentByteCount = 0
        var receivedByteCount = 0
    }

    private func price(_ operation: Operation, _ attempt: Attempt, _ sizes: [String: ColdSize]) -> Double {
        switch operation {
        case .putVectors: return prices.put(byteCount: attempt.logicalByteCount)
        case .queryVectors:
            let size = attempt.index.flatMap { sizes[$0] } ?? ColdSize(vectorCount: 0, vectorBytes: 0)
            return prices.query(
                vectorCount: size.vectorCount, vectorBytes: size.vectorBytes, resultBytes: attempt.resultBytes)
        default: return prices.request
        }
    }
}

extension CostMeter.Attempt {
    /// What a request holds.
    init(_ request: some WireRequest) {
        switch request {
        case let put as PutVectors:
            index = put.index.name
            keyCount = put.vectors.count
            logicalByteCount = put.vectors.reduce(0) { sum, vector in
                sum + 4 * vector.data.count + vector.key.utf8.count + (vector.metadata?.byteCount ?? 0)
            }
        case let get as GetVectors:
            index = get.index.name
            keyCount = get.keys.count
        case let delete as DeleteVectors:
            index = delete.index.name
            keyCount = delete.keys.count
        case let list as ListVectors: index = list.index.name
        case let query as QueryVectors: index = query.index.name
        default: break
        }
    }

    /// What its answer holds.
    mutating func note(_ answer: some WireAnswer) {
        switch answer {
        case let list as ListVectors.Answer: keyCount += list.vectors.count
        case let query as QueryVectors.Answer:
            keyCount += query.vectors.count
            resultBytes = query.vectors.map { $0.key.utf8.count + 4 + ($0.metadata?.byteCount ?? 0) }
        default: break
        }
    }
}

extension IndexTarget {
    /// One name for an index, however a request names it.
    var name: String {
        if let arn {
            return ResourceName(arn).map { "\($0.bucket)/\($0.index ?? "")" } ?? arn
        }
        return "\(bucketName ?? "")/\(indexName ?? "")"
    }
}
