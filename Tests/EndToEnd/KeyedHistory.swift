import Synchronization
import Workload

/// What each key may be found as, while others write it: everything from what was last acknowledged when a question
/// was asked, to what had been begun when it was answered.
///
/// One writer a key; any number of readers.
final class KeyedHistory: Sendable {
    private struct Key {
        /// Versions in their order; nil where the key was deleted.
        var states: [Int?] = [nil]
        /// Index of the last that was acknowledged.
        var acknowledged = 0
    }

    private let keys = Mutex<[Int: Key]>([:])

    func begin(_ operation: KeyedOperation) {
        keys.withLock { keys in
            switch operation {
            case .put(let items): for item in items { keys[item.key, default: Key()].states.append(item.version) }
            case .delete(let deleted): for key in deleted { keys[key, default: Key()].states.append(nil) }
            case .metadata, .train, .reopen, .compact: break
            }
        }
    }

    func acknowledge(_ operation: KeyedOperation) {
        keys.withLock { keys in
            for key in operation.keys { if let count = keys[key]?.states.count { keys[key]?.acknowledged = count - 1 } }
        }
    }

    /// To be taken before a question.
    func moment() -> [Int: Int] { keys.withLock { $0.mapValues(\.acknowledged) } }

    /// The versions in which `key` may be answered to a question asked at `moment`; to be asked after the answer.
    func versions(of key: Int, since moment: [Int: Int]) -> [Int?] {
        keys.withLock { Array(($0[key]?.states ?? [nil])[(moment[key] ?? 0)...]) }
    }

    /// The live versions of the keys of one writer, by that writer.
    func live() -> [KeyedVersion] {
        keys.withLock { keys in
            keys.compactMap { key, state in
                state.states[state.acknowledged].map { KeyedVersion(key: key, version: $0) }
            }
        }
    }
}
