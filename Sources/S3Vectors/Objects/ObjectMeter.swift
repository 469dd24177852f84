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
