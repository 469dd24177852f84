internal import Vectors

/// The `limit` nearest of what it was shown, as a bounded binary heap with the farthest on top.
///
/// Ties go to the smaller row, so that the result does not depend on the order in which rows come.
struct Nearest {
    struct Entry {
        let distance: Float
        let row: Row

        /// Whether this entry is to be kept rather than `other`.
        func isNearer(than other: Entry) -> Bool {
            distance < other.distance || (distance == other.distance && row < other.row)
        }
    }

    let limit: Int
    private var heap: [Entry] = []

    init(limit: Int) {
        self.limit = limit
        heap.reserveCapacity(min(limit, 16_384))
    }

    /// A distance above this cannot enter any more. Infinite while there is room.
    var bound: Float { heap.count < limit ? .infinity : (heap.first?.distance ?? -.infinity) }
    var count: Int { heap.count }

    /// O(log limit).
    mutating func insert(_ distance: Float, _ row: Row) {
        let entry = Entry(distance: distance, row: row)
        if heap.count < limit {
            heap.append(entry)
            siftUp(heap.count - 1)
        } else if let top = heap.first, entry.isNearer(than: top) {
            heap[0] = entry
            siftDown()
        }
    }

    /// Nearest first.
    func sorted() -> [Entry] { heap.sorted { $0.isNearer(than: $1) } }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent].isNearer(than: heap[child]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var farthest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[farthest].isNearer(than: heap[child]) { farthest = child }
            }
            guard farthest != parent else { return }
            heap.swapAt(parent, farthest)
            parent = farthest
        }
    }
}
