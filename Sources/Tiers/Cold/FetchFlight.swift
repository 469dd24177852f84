internal import Vectors

/// One key on its way to the cold store and back. It belongs to the ``FetchCoordinator`` that made it.
final class FetchFlight {
    let key: VectorKey
    let arrivedAt: Duration
    /// Numbers of the callers that want it.
    var waiters: [Int]
    /// In a queue; else its call is out.
    fileprivate(set) var isWaiting = true

    init(key: VectorKey, arrivedAt: Duration) {
        self.key = key
        self.arrivedAt = arrivedAt
        waiters = []
    }
}

/// Keys that wait for a call, the oldest first.
struct FetchQueue {
    private var flights: [FetchFlight] = []
    /// Where the oldest is that still waits; those before it have left.
    private var head = 0
    private(set) var count = 0

    var first: FetchFlight? { head < flights.count ? flights[head] : nil }

    mutating func append(_ flight: FetchFlight) {
        flights.append(flight)
        count += 1
    }

    /// The oldest `limit`, which leave.
    mutating func take(_ limit: Int) -> [FetchFlight] {
        var taken: [FetchFlight] = []
        while taken.count < limit, let flight = first {
            taken.append(flight)
            leave(flight)
        }
        return taken
    }

    /// - Parameter flight: one that waits here.
    mutating func leave(_ flight: FetchFlight) {
        flight.isWaiting = false
        count -= 1
        while head < flights.count, !flights[head].isWaiting { head += 1 }
        // Each flight is moved by this once or twice in its life.
        if head == flights.count || head > 1024 && head > flights.count / 2 {
            flights.removeFirst(head)
            head = 0
        }
    }
}
