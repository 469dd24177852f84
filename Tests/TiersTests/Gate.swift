import Foundation

/// A door that threads wait at until another opens it. It stays open.
final class Gate: @unchecked Sendable {  // true because NSCondition guards `isOpen`
    private let condition = NSCondition()
    private var isOpen = false

    func open() {
        condition.lock()
        isOpen = true
        condition.broadcast()
        condition.unlock()
    }

    func wait() {
        condition.lock()
        while !isOpen { condition.wait() }
        condition.unlock()
    }
}

/// Runs `body` on `count` threads at once and returns when all have ended.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let ends = (0..<count).map { _ in Gate() }
    for index in 0..<count {
        Thread {
            body(index)
            ends[index].open()
        }.start()
    }
    for end in ends { end.wait() }
}
