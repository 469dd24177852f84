internal import Synchronization
internal import Vectors

/// What was asked of the service, by operation, and what that costs.
///
/// An attempt costs if it was answered with 200 or if its answer was lost; one that was refused, throttled or failed
/// does not. So the sum is an estimate: the bill may count refusals.
package final class CostMeter: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Attempts that were sent, or may have been.
        package var requestCount = 0
        /// Of these, attempts after the first.
        package var retryCount = 0
        /// Attempts that did not end with an answer of status 200.
        package var failureCount = 0
        package var throttledCount = 0
        /// Keys or vectors in requests, and, of ListVectors and QueryVectors, in answers.
        package var keyCount = 0
        /// Of bodies.
        package var sentByteCount = 0
        package var receivedByteCount = 0
        package var dollars = 0.0

        package init() {}

        package static func + (a: Counts, b: Counts) -> Counts {
            var sum = a
            sum.requestCount += b.requestCount
            sum.retryCount += b.retryCount
            sum.failureCount += b.failureCount
            sum.throttledCount += b.throttledCount
            sum.keyCount += b.keyCount
            sum.sentByteCount += b.sentByteCount
            sum.receivedByteCount += b.receivedByteCount
            sum.dollars += b.dollars
            return sum
        }
    }

    /// What a query is charged by: of which size the index is.
    package struct IndexSize: Sendable, Equatable {
        package var vectorCount: Double
        /// 4 a dimension, key and filterable metadata, on average.
        package var vectorBytes: Double

        package init(vectorCount: Double, vectorBytes: Double) {
            self.vectorCount = vectorCount
            self.vectorBytes = vectorBytes
        }
    }

    private struct State {
        var counts: [Operation: Counts] = [:]
        var sizes: [String: IndexSize] = [:]
    }

    package let prices: PriceTable
    private let state = Mutex(State())

    package init(_ prices: PriceTable = PriceTable()) { self.prices = prices }

    package var counts: [Operation: Counts] { state.withLock { $0.counts } }
    package var total: Counts { state.withLock { $0.counts.values.reduce(Counts(), +) } }

    /// Tells how large an index is, so that its queries can be priced; until then they count as over an empty one.
    package func setSize(of index: String, _ size: IndexSize) { state.withLock { $0.sizes[index] = size } }

    /// One attempt, sent or perhaps sent.
    func note(_ operation: Operation, _ attempt: Attempt) {
        state.withLock { state in
            var counts = state.counts[operation] ?? Counts()
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

    private func price(_ operation: Operation, _ attempt: Attempt, _ sizes: [String: IndexSize]) -> Double {
        switch operation {
        case .putVectors: return prices.put(byteCount: attempt.logicalByteCount)
        case .queryVectors:
            let size = attempt.index.flatMap { sizes[$0] } ?? IndexSize(vectorCount: 0, vectorBytes: 0)
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
