internal import FoundationEssentials
internal import Storage

extension Engine {
    private static let trafficNote = "traffic"

    /// What earlier opens have seen. Bytes that make no sense are as none.
    static func savedTraffic(_ store: Store) throws -> ObservedTraffic {
        guard let bytes = try store.read({ try $0.note(trafficNote) }) else { return ObservedTraffic() }
        return (try? JSONDecoder().decode(ObservedTraffic.self, from: Data(bytes))) ?? ObservedTraffic()
    }

    /// Writes down what was seen, if anything was since.
    func saveTraffic() async throws {
        let seen = observed.seen
        guard !store.isReadOnly, try seen != Self.savedTraffic(store) else { return }
        let bytes = try [UInt8](JSONEncoder().encode(seen))
        try await writes.submit { writer in try writer.setNote(Self.trafficNote, bytes) }
    }
}
