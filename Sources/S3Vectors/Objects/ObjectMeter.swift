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

    func note(_ method: String, sent: Int, received: Int, isAnswered: Bool) {
        let operation: ColdOperation = method == "PUT" ? .put : method == "DELETE" ? .delete : .fetch
        state.withLock { bill in
            var charge = bill.charges[operation] ?? ColdCharge()
            charge.requestCount += 1
            charge.failureCount += isAnswered ? 0 : 1
            charge.sentByteCount += sent
            charge.receivedByteCount += received
            charge.dollars += method == "PUT" ? table.write : method == "DELETE" ? 0 : table.read
            bill.charges[operation] = charge
        }
    }
}

/// What plain S3 costs in US dollars: us-east-1, S3 Standard.
package struct ObjectPrices: ColdPrices, Equatable {
    package var date = "2026-09-28"
    /// Of a GET.
    package var read = 0.0004 / 1_000
    /// Of a PUT; DELETE is free.
    package var write = 0.005 / 1_000

    package init() {}

    /// Keys lie anywhere: each is a request of its own, unless it has neighbours.
    package func fetch(keyCount: Int) -> Double { Double(keyCount) * read }
    /// A pack and a manifest.
    package func put(byteCount: Int) -> Double { 2 * write }
    package func page(vectorCount: Int) -> Double { Double(vectorCount) * read }
    package func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? { nil }
}
