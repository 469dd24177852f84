internal import Synchronization
package import Tiers

/// What was asked of plain S3, and what that costs.
///
/// An attempt that may have been sent costs, whatever came of it.
package final class ObjectMeter: ColdMeter {
    private let state = Mutex(ColdBill())
    private let table: ObjectPrices

    package init(_ prices: ObjectPrices = ObjectPrices()) { table = prices }

    package var bill: ColdBill { state.withLock { $0 } }
    package var prices: any ColdPrices { table }

    /// Nothing is charged by the collection's size.
    package func setSize(_ size: ColdSize) {}

    func note(_ operation: ColdOperation, _ request: Request) {
        state.withLock { bill in
            var charge = bill.charges[operation] ?? ColdCharge()
            charge.requestCount += 1
            charge.failureCount += request.isAnswered ? 0 : 1
            charge.throttledCount += request.isThrottled ? 1 : 0
            charge.sentByteCount += request.sentByteCount
            charge.receivedByteCount += request.receivedByteCount
            switch request.kind {
            case .read: charge.dollars += table.read
            case .write, .listing: charge.dollars += table.write
            case .removal: break
            }
            bill.charges[operation] = charge
        }
    }

    struct Request {
        enum Kind { case read, write, listing, removal }

        let kind: Kind
        /// Not by an error.
        var isAnswered = false
        var isThrottled = false
        let sentByteCount: Int
        var receivedByteCount = 0

        init(_ request: HTTPRequest) {
            sentByteCount = request.body.count
            kind =
                switch request.method {
                case "PUT": .write
                case "DELETE": .removal
                default: request.target.query.isEmpty ? .read : .listing
                }
        }
    }
}

/// What plain S3 costs in US dollars: us-east-1, S3 Standard.
package struct ObjectPrices: ColdPrices, Equatable {
    package var date = "2026-09-28"
    /// Of a GET.
    package var read = 0.0004 / 1_000
    /// Of a PUT or a listing; DELETE is free.
    package var write = 0.005 / 1_000

    package init() {}

    /// Keys lie anywhere: each is a request of its own, unless it has neighbours.
    package func fetch(keyCount: Int) -> Double { Double(keyCount) * read }
    /// A pack and a manifest.
    package func put(byteCount: Int) -> Double { 2 * write }
    package func page(vectorCount: Int) -> Double { Double(vectorCount) * read }
    package func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? { nil }
}
