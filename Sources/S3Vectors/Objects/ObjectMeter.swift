internal import Synchronization

/// What was asked of plain S3, and what that costs: us-east-1, S3 Standard, prices of 2026-09.
package final class ObjectMeter: Sendable {
    package struct Counts: Sendable, Equatable {
        package var getCount = 0
        package var putCount = 0
        package var deleteCount = 0
        package var sentByteCount = 0
        package var receivedByteCount = 0

        /// 0.0004 a thousand for GET, 0.005 a thousand for PUT; DELETE is free.
        package var dollars: Double { Double(getCount) * 0.4e-6 + Double(putCount) * 5e-6 }

        package init() {}
    }

    private let state = Mutex(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    func note(_ method: String, sent: Int, received: Int) {
        state.withLock { counts in
            switch method {
            case "PUT": counts.putCount += 1
            case "DELETE": counts.deleteCount += 1
            default: counts.getCount += 1
            }
            counts.sentByteCount += sent
            counts.receivedByteCount += received
        }
    }
}
