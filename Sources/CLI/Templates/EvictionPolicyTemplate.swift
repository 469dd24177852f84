extension PackageTemplate {
    /// First in, first out.
    static let evictionPolicy = PackageTemplate(
        products: ["MemVec", "MemVecParts"],
        source: """
            import Tiers
            import Vectors

            /// An example of an eviction policy: what came first goes first, used or not. Put your own in its place.
            ///
            /// It knows slots and the row in each. All but `touch` is called under the tier's lock, one call at a time:
            /// that is why this class may be Sendable.
            public final class <#Name#>: EvictionPolicy, @unchecked Sendable {
                /// Call this before a collection is opened that remembers it.
                public static func register() { EvictionPolicies.register("<#name#>") { <#Name#>(capacity: $0) } }

                /// Slots that are held have a turn; of what stands in the queue with an older one the slot was removed.
                private var turns: [UInt64]
                private var rows: [Row]
                private var queue: [(slot: SlotIndex, turn: UInt64)] = []
                private var first = 0
                private var clock: UInt64 = 0
                public private(set) var count = 0

                public init(capacity: Int) {
                    turns = Array(repeating: 0, count: capacity)
                    rows = Array(repeating: Row(0), count: capacity)
                }

                public var byteCount: Int { turns.count * 12 + queue.capacity * 16 }

                /// A hit: any thread at any time. It must neither block nor allocate; keep what it writes in atomics.
                public func touch(_ slot: SlotIndex) {}

                public func insert(_ slot: SlotIndex, row: Row) {
                    clock += 1
                    turns[slot.index] = clock
                    rows[slot.index] = row
                    queue.append((slot, clock))
                    count += 1
                }

                public func evict() -> SlotIndex? {
                    while first < queue.count {
                        let (slot, turn) = queue[first]
                        first += 1
                        if first > turns.count {
                            queue.removeFirst(first)
                            first = 0
                        }
                        if turns[slot.index] == turn {
                            remove(slot)
                            return slot
                        }
                    }
                    return nil
                }

                public func remove(_ slot: SlotIndex) {
                    precondition(turns[slot.index] != 0, "\\(slot) is not held")
                    turns[slot.index] = 0
                    count -= 1
                }

                /// The next victim last.
                public func dump() -> String {
                    let held = queue[first...].filter { turns[$0.slot.index] == $0.turn }
                    return "queue [\\(held.reversed().map { "\\(rows[$0.slot.index].number)" }.joined(separator: " "))]"
                }

                public func checkInvariants() {
                    precondition(turns.count { $0 != 0 } == count, "\\(count) slots are counted, others are held")
                }
            }
            """,
        test: """
            import Foundation
            import MemVec
            import Testing
            import Tiers
            import Vectors
            import <#Name#>

            @Test("what came first goes first")
            func order() {
                let policy = <#Name#>(capacity: 4)
                for number in [3, 1, 2] as [UInt32] { policy.insert(SlotIndex(number), row: Row(10 * number)) }
                #expect(policy.dump() == "queue [20 10 30]")
                policy.remove(SlotIndex(1))
                #expect(policy.evict() == SlotIndex(3) && policy.evict() == SlotIndex(2) && policy.evict() == nil)
                policy.insert(SlotIndex(1), row: Row(7))
                policy.checkInvariants()
                #expect(policy.count == 1 && policy.evict() == SlotIndex(1))
            }

            @Test("a collection keeps its hottest vectors by it, and answers as ever")
            func collection() async throws {
                <#Name#>.register()
                let folder = FileManager.default.temporaryDirectory.path + "/<#name#>-\\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: folder) }
                var settings = try CollectionSettings()
                try settings.set("eviction", to: "<#name#>")
                try settings.set("ram-budget", to: "4KiB")
                let vectors = try await VectorCollection.create(
                    at: folder, CollectionConfiguration(dimension: 8, metric: .euclidean, settings: settings))
                func vector(_ number: Int) -> [Float] { (0..<8).map { Float(sin(Double((number + 1) * ($0 + 1)))) } }
                try await vectors.put((0..<500).map { try VectorRecord(key: "k\\($0)", values: vector($0)) })
                for number in 0..<500 {
                    #expect(try await vectors.query(vector(number), k: 1).hits.first?.key.text == "k\\(number)")
                }
                try await vectors.close()
            }
            """)
}
