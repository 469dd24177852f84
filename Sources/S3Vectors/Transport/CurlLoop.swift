// Unsafe code: what makes it sound. The hub lives from init to deinit; the transport's thread, which keeps this object
// alive, is the only one to use it, but for the wake-up, which libcurl allows to all.
internal import CCurl
internal import Synchronization

/// What the transport's thread does: takes requests from the queue, runs them, answers them.
// Sendable is true because everything but the mutex, the constants and the wake-up is touched by the thread of `run`
// alone.
@safe final class CurlLoop: @unchecked Sendable {
    struct Submission: Sendable {
        let number: UInt64
        let request: HTTPRequest
        let submitted = ContinuousClock.now
        let continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

        var timeLeft: Duration { request.timeout - (ContinuousClock.now - submitted) }
    }

    private struct Inbox {
        var submissions: [Submission] = []
        var cancelled: [UInt64] = []
        var isClosed = false
    }

    private struct Running {
        let submission: Submission
        let transfer: CurlTransfer
    }

    private let settings: CurlTransport.Settings
    private let hub: OpaquePointer
    private let inbox = Mutex(Inbox())
    // The thread's own.
    private var waiting: [Submission] = []
    private var running: [UInt64: Running] = [:]

    init(_ settings: CurlTransport.Settings) throws(TransportError) {
        self.settings = settings
        guard let hub = unsafe mvc_hub_make(max(1, settings.requestLimit)) else { throw .outOfMemory }
        unsafe self.hub = unsafe hub
    }

    deinit { unsafe mvc_hub_free(hub) }

    // MARK: From any thread

    func submit(_ submission: Submission) {
        let isClosed = inbox.withLock { inbox in
            if !inbox.isClosed { inbox.submissions.append(submission) }
            return inbox.isClosed
        }
        if isClosed { submission.continuation.resume(returning: .failure(.closed)) } else { wake() }
    }

    /// Of a number that has been submitted; one that has been answered is ignored.
    func cancel(_ number: UInt64) {
        inbox.withLock { $0.cancelled.append(number) }
        wake()
    }

    func close() {
        inbox.withLock { $0.isClosed = true }
        wake()
    }

    private func wake() { unsafe mvc_hub_wake(hub) }

    // MARK: On the thread

    func run() {
        mvc_thread_begins()
        while true {
            let news = inbox.withLock { inbox in
                defer {
                    inbox.submissions = []
                    inbox.cancelled = []
                }
                return inbox
            }
            waiting += news.submissions
            for number in news.cancelled { take(off: number, .cancelled) }
            if news.isClosed { return endAll(.closed) }
            startWaiting()
            let ran = unsafe mvc_hub_run(hub)
            answerFinished()
            let waited = unsafe ran == 0 ? mvc_hub_wait(hub, pauseMilliseconds) : -1
            // libcurl has no memory left for its own lists: nothing that is under way will end.
            if waited != 0 { endAll(.outOfMemory) }
        }
    }

    /// Until the first that waits for its turn has waited too long; libcurl knows about those that run.
    private var pauseMilliseconds: Int32 {
        // Somebody's turn has come by an end just now.
        if !waiting.isEmpty, running.count < settings.requestLimit { return 0 }
        let nearest = waiting.map(\.timeLeft).min() ?? .seconds(1)
        return Int32(max(0, min(1000, nearest.wholeMilliseconds)))
    }

    private func startWaiting() {
        // Those whose time is over leave first, wherever they stand.
        let late = waiting.filter { $0.timeLeft <= .zero }
        if !late.isEmpty {
            waiting.removeAll { $0.timeLeft <= .zero }
            let text = "no connection was free in time"
            for submission in late {
                submission.continuation.resume(returning: .failure(.unreachable(message: text)))
            }
        }
        let count = max(0, min(waiting.count, settings.requestLimit - running.count))
        let next = waiting.prefix(count)
        waiting.removeFirst(count)
        for submission in next { start(submission) }
    }

    private func start(_ submission: Submission) {
        do throws(TransportError) {
            let transfer = try CurlTransfer(
                submission.number, submission.request, timeLeft: submission.timeLeft, settings)
            guard unsafe transfer.withPointer({ unsafe mvc_hub_start(hub, $0) }) == 0 else { throw .outOfMemory }
            running[submission.number] = Running(submission: submission, transfer: transfer)
        } catch {
            submission.continuation.resume(returning: .failure(error))
        }
    }

    private func answerFinished() {
        while let pointer = unsafe mvc_hub_finished(hub) {
            guard let ended = unsafe running.removeValue(forKey: mvc_transfer_number(pointer)) else { continue }
            ended.submission.continuation.resume(returning: ended.transfer.result(ended.submission.request))
        }
    }

    private func take(off number: UInt64, _ error: TransportError) {
        if let index = waiting.firstIndex(where: { $0.number == number }) {
            waiting.remove(at: index).continuation.resume(returning: .failure(error))
        } else if let ended = running.removeValue(forKey: number) {
            unsafe ended.transfer.withPointer { unsafe mvc_hub_stop(hub, $0) }
            ended.submission.continuation.resume(returning: .failure(error))
        }
    }

    private func endAll(_ error: TransportError) {
        for submission in waiting { submission.continuation.resume(returning: .failure(error)) }
        waiting = []
        for number in running.keys { take(off: number, error) }
    }
}
