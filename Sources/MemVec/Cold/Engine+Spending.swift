internal import FoundationEssentials
internal import Router
internal import Storage
internal import Tiers

extension Engine {
    private static let spendingNote = "spending"

    /// What earlier opens have spent. Bytes that make no sense are as none.
    static func savedSums(_ store: Store) throws -> Spending.Sums {
        guard let bytes = try store.read({ try $0.note(spendingNote) }) else { return Spending.Sums() }
        return (try? JSONDecoder().decode(Spending.Sums.self, from: Data(bytes))) ?? Spending.Sums()
    }

    /// Whether a kill would forget a hundredth of the day's budget.
    var isDayForgotten: Bool {
        guard let budget = spending.dailyBudget, let saved = try? Self.savedSums(store) else { return false }
        let sums = spending.sums
        return sums.day != saved.day || (sums.dayDollars ?? 0) - (saved.dayDollars ?? 0) > budget / 100
    }

    /// Writes the sums down if they have changed since.
    func saveSpending() async throws {
        guard cold?.costs != nil, !store.isReadOnly else { return }
        let sums = spending.sums
        guard try sums != Self.savedSums(store) else { return }
        let bytes = try [UInt8](JSONEncoder().encode(sums))
        try await writes.submit { writer in try writer.setNote(Self.spendingNote, bytes) }
    }

    /// Tells the price list how large the index is, as far as it is known here: keys and metadata are taken from a
    /// sample.
    func tellSize() {
        guard let costs = cold?.costs else { return }
        let given = store.counters.nextRow, count = Int(store.counters.liveCount)
        var bytes = 0, looked = 0
        try? store.read { reader in
            for number in stride(from: 0, to: given, by: max(1, Int(given) / 256)) {
                guard let record = try reader.record(of: Row(UInt32(clamping: number))) else { continue }
                bytes += record.key.text.utf8.count + record.encodedMetadata.count
                looked += 1
            }
        }
        let beside = looked == 0 ? 0 : Double(bytes) / Double(looked)
        costs.setSize(ColdSize(vectorCount: Double(count), vectorBytes: Double(4 * file.dimension) + beside))
    }
}
