import Workload

/// What a collection must hold, as a dictionary.
struct KeyedModel {
    /// The version whose vector a key has, and the version whose metadata it has.
    struct Entry: Equatable {
        var vector: Int
        var metadata: Int
    }

    private(set) var entries: [Int: Entry] = [:]
    /// A bug to be planted: deletes are forgotten. A check that does not see it is none.
    var forgetsDeletes = false

    mutating func apply(_ operation: KeyedOperation) {
        switch operation {
        case .put(let items):
            for item in items { entries[item.key] = Entry(vector: item.version, metadata: item.version) }
        case .delete(let keys):
            if !forgetsDeletes { for key in keys { entries[key] = nil } }
        case .metadata(let item):
            entries[item.key]?.metadata = item.version
        case .train, .reopen, .compact:
            break
        }
    }

    /// The operations of `log` that were acknowledged, in their order, and those that were not.
    static func read(log: String) -> (done: [KeyedOperation], inFlight: [KeyedOperation]) {
        var begun: [Int: KeyedOperation] = [:]
        var done: [KeyedOperation] = []
        // What stands behind the last line's end was cut.
        for line in log.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, let number = Int(words[1]) else { continue }
            if words[0] == "B", words.count == 3 {
                begun[number] = KeyedOperation(line: words[2])
            } else if words[0] == "D", let operation = begun.removeValue(forKey: number) {
                done.append(operation)
            }
        }
        return (done, begun.sorted { $0.key < $1.key }.map(\.value))
    }
}
