internal import S3Vectors
internal import Synchronization

/// What is learnt of a request on its way through the service, for the access log.
package final class RequestTrace: Sendable {
    struct Facts {
        let requestID: String
        /// Nil where there is none such.
        let operation: Operation?
        /// Of a signature that was right.
        var accessKey: String?
        /// The bucket or index that was named, if it may be reached or not.
        var resource: ResourceName?
        /// What went wrong, where the answer does not say all of it.
        var cause: String?
        /// Of a query that took long.
        var slow: SlowQuery?
    }

    private let box: Mutex<Facts>

    init(requestID: String, _ operation: Operation?) {
        box = Mutex(Facts(requestID: requestID, operation: operation))
    }

    var facts: Facts { box.withLock { $0 } }

    func note(_ change: (inout Facts) -> Void) { box.withLock { change(&$0) } }
}
