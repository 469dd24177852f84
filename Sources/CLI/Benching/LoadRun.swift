import Dispatch
import Foundation
import MemVec
import Synchronization

/// Asks queries, as so many clients that wait for their answers, or at a rate that waits for nobody.
struct LoadRun: Sendable {
    enum Loop: Sendable, Equatable {
        /// So many clients, each of which asks again when it was answered.
        case closed(clients: Int)
        /// So many queries a second, answered or not. A query's latency counts from the time at which it was due, so
        /// that a stall is seen in every query that had to wait for its end.
        case open(rate: Double)
    }

    /// Queries of an open loop that are on their way at once; the next ones wait, and their time counts.
    static let inFlightLimit = 10_000

    let loop: Loop
    /// Query `number` of the traffic.
    let ask: @Sendable (_ number: Int) async throws -> Answer
    /// Seconds after which no further query is asked.
    var duration: Double?
    /// Numbers of which the hits are kept.
    var sampled: Set<Int> = []

    /// Asks `numbers` in their order, until all are asked, the time is over, or somebody interrupts.
    /// - Parameter progress: told now and then how many queries have ended.
    func run(_ numbers: Range<Int>, progress: @escaping @Sendable (Int) -> Void) async -> (CellTally, seconds: Double) {
        let state = State(numbers, duration: duration, progress: progress)
        switch loop {
        case .closed(let clients):
            await withTaskGroup { group in
                for _ in 0..<clients {
                    group.addTask {
                        while let number = state.next() { await one(number, due: nil, state) }
                    }
                }
            }
        case .open(let rate):
            await withTaskGroup { group in
                for await (number, due) in Self.paced(rate, state) {
                    group.addTask {
                        await one(number, due: due, state)
                        state.room.signal()
                    }
                }
            }
        }
        return (state.tally.withLock { $0 }, Double(Self.now() - state.began) / 1e9)
    }

    private func one(_ number: Int, due: UInt64?, _ state: State) async {
        let sent = Self.now()
        do {
            let answer = try await ask(number)
            let ended = Self.now()
            state.tally.withLock {
                $0.add(
                    number, answer, latency: ended - min(due ?? sent, ended), service: ended - sent,
                    at: ended - state.began, isSampled: sampled.contains(number))
            }
        } catch {
            state.tally.withLock { $0.add(error) }
        }
        state.noteEnd()
    }

    /// Hands out numbers when they are due, from a thread of its own: a task would come late when all threads work.
    private static func paced(_ rate: Double, _ state: State) -> AsyncStream<(Int, UInt64)> {
        AsyncStream { continuation in
            let thread = Thread {
                var count = 0.0
                while let number = state.next() {
                    let due = state.began + UInt64(count / rate * 1e9)
                    sleep(until: due)
                    state.room.wait()
                    continuation.yield((number, due))
                    count += 1
                }
                continuation.finish()
            }
            thread.start()
        }
    }

    private static func sleep(until due: UInt64) {
        var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }

    /// Nanoseconds of the clock that never goes back.
    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// What the clients of one run share.
    private final class State: Sendable {
        let tally = Mutex(CellTally())
        let began = LoadRun.now()
        let room = DispatchSemaphore(value: LoadRun.inFlightLimit)
        private let upcoming: Atomic<Int>
        private let ended = Atomic<Int>(0)
        private let end: Int
        private let lastStart: UInt64?
        private let progress: @Sendable (Int) -> Void

        init(_ numbers: Range<Int>, duration: Double?, progress: @escaping @Sendable (Int) -> Void) {
            upcoming = Atomic(numbers.lowerBound)
            end = numbers.upperBound
            lastStart = duration.map { [began] in began + UInt64($0 * 1e9) }
            self.progress = progress
        }

        /// Nil when no further query is to be asked.
        func next() -> Int? {
            if Interruption.isAsked { return nil }
            if let lastStart, LoadRun.now() >= lastStart { return nil }
            let number = upcoming.wrappingAdd(1, ordering: .relaxed).oldValue
            return number < end ? number : nil
        }

        func noteEnd() { progress(ended.wrappingAdd(1, ordering: .relaxed).newValue) }
    }
}
