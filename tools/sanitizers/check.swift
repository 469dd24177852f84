// Four threads append to one array: under a Mutex (argument "guarded"), or without ("unguarded").
import Synchronization

final class Numbers: @unchecked Sendable {  // not true when unguarded: that is what the sanitizer is to say
    let lock = Mutex<Void>(())
    var values: [Int] = []
}

@main struct Check {
    static func main() async {
        let numbers = Numbers()
        let isGuarded = CommandLine.arguments.dropFirst().first == "guarded"
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<100_000 {
                        if isGuarded {
                            numbers.lock.withLock { _ in keep(number, in: numbers) }
                        } else {
                            numbers.values = [number]
                        }
                    }
                }
            }
        }
    }

    static func keep(_ number: Int, in numbers: Numbers) {
        numbers.values.append(number)
        if numbers.values.count > 50 { numbers.values.removeAll() }
    }
}
