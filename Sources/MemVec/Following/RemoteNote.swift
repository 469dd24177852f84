internal import FoundationEssentials
internal import Storage
internal import Synchronization

/// What the store remembers of its cold store, under the note `remote`: which one it is, how far an attach has come,
/// when everything was last compared.
struct RemoteNote: Codable, Sendable, Equatable {
    static let name = "remote"

    /// Another one under the same name is another index.
    var creationTime: Double
    /// Of a listing that is under way, one for each part; empty when it was finished, or never begun.
    var segments: [Segment] = []
    /// Whether every key that the cold store had was taken over once.
    var isAttached = false
    /// Seconds since 1970, of the start of the last attach or sync that came to its end.
    var comparedAt: Double?
    /// US dollars of it; of an attach that went on after a kill, those of its last run.
    var comparedDollars: Double?

    /// How far one part of the listing has come. The rows of a page and this are written in one transaction.
    struct Segment: Codable, Sendable, Equatable {
        /// Of the next page; nil: the first.
        var token: String?
        /// Of the page that was taken over last, and the rows that it made: their vectors may not be on disk.
        var lastToken: String?
        var firstRow: UInt64 = 0
        var endRow: UInt64 = 0
        var count = 0
        var pageCount = 0
        var isDone = false
    }

    var encoded: [UInt8] {
        get throws { try [UInt8](JSONEncoder().encode(self)) }
    }

    /// Nil for bytes that make no sense: as if there were none.
    init?(_ bytes: [UInt8]?) {
        guard let bytes, let note = try? JSONDecoder().decode(RemoteNote.self, from: Data(bytes)) else { return nil }
        self = note
    }

    init(creationTime: Double) { self.creationTime = creationTime }
}

extension Engine {
    func remoteNote() throws -> RemoteNote? { RemoteNote(try store.read { try $0.note(RemoteNote.name) }) }

    func setRemoteNote(_ note: RemoteNote) async throws {
        let bytes = try note.encoded
        try await writes.submit { writer in try writer.setNote(RemoteNote.name, bytes) }
        attaching.store(!note.segments.isEmpty, ordering: .relaxed)
    }
}
