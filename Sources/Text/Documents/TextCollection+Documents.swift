internal import MemVec
internal import Vectors

/// What is known of a document without its text.
public struct DocumentSummary: Sendable, Equatable {
    public let id: String
    public let title: String
    public let file: String
    public let chunkCount: Int
    public let state: State

    public enum State: String, Sendable {
        /// Every chunk is there.
        case complete
        /// Some are missing: an ingest or a deletion was ended before its end. The same again completes it.
        case partial
        /// A deletion waits for the remote's confirmation.
        case deleting
    }
}

/// What a deletion removed, and where it was.
public struct DeletionReport: Sendable, Equatable {
    public let document: String
    /// Chunks that are no more, in the collection and in its remote.
    public var chunkCount = 0
    /// Of these, how many were asked of the remote; 0 in a local collection.
    public var remoteCount = 0
    /// Vectors that lay in RAM, and on the SSD.
    public var ramCount = 0
    public var warmCount = 0
}

extension TextCollection {
    /// A page of all documents, in an order of the store's own.
    ///
    /// - Parameter position: where the page before ended.
    public func documents(
        after position: String? = nil, limit: Int = 100
    ) async throws -> (documents: [DocumentSummary], next: String?) {
        let first = Filter.field(ChunkField.chunk, [.equal(.number(0))])
        let page = try await vectors.list(after: position, limit: limit, filter: first)
        var out: [DocumentSummary] = []
        for record in page.records {
            if let name = record.metadata.string(ChunkField.document), let found = try await summary(name) {
                out.append(found)
            }
        }
        return (out, page.next)
    }

    /// A document with its chunks, in their order.
    ///
    /// - Throws: ``TextError/noDocument(id:)``.
    public func document(_ id: String) async throws -> (summary: DocumentSummary, chunks: [TextChunk]) {
        guard let summary = try await summary(id) else { throw TextError.noDocument(id: id) }
        let records = try await vectors.records(matching: DocumentID(id).filter)
        let chunks = records.compactMap { record -> TextChunk? in
            guard let number = record.metadata.integer(ChunkField.chunk) else { return nil }
            return TextChunk(
                number: number, section: record.metadata.string(ChunkField.section) ?? "",
                text: record.metadata.string(ChunkField.text) ?? "")
        }
        return (summary, chunks.sorted { $0.number < $1.number })
    }

    /// Nil for a document of which nothing is there.
    public func summary(_ id: String) async throws -> DocumentSummary? {
        let id = try DocumentID(id)
        let count = try await vectors.count(matching: id.filter)
        guard count > 0 else { return nil }
        let first = try await vectors.get([id.key(ofChunk: 0).text], wantsVectors: false)[0]
        let whole = first?.metadata.integer(ChunkField.chunks)
        var metadata = first?.metadata
        if metadata == nil { metadata = try await vectors.records(matching: id.filter).first?.metadata }
        let isLeaving = try vectors.intents().contains { $0.action == .delete && id.number(of: $0.key) != nil }
        return DocumentSummary(
            id: id.text, title: metadata?.string(ChunkField.title) ?? "", file: metadata?.string(ChunkField.file) ?? "",
            chunkCount: count, state: isLeaving ? .deleting : whole == count ? .complete : .partial)
    }

    /// Removes every chunk of a document: in the remote, the store, the index and the tiers.
    ///
    /// Chunk 0 goes last, so that a deletion that was ended half-way can be found and is completed by the next. A
    /// document that is not there is no error: its report says 0.
    /// - Throws: `MemVecError.cold` when the remote does not confirm it; what is missing is done once it is there
    ///   again.
    @discardableResult
    public func delete(_ id: DocumentID) async throws -> DeletionReport {
        var report = DeletionReport(document: id.text)
        while true {
            let keys = try await chunkKeys(of: id)
            if keys.isEmpty { return report }
            let places = try vectors.places(of: keys)
            report.ramCount += places.ramCount
            report.warmCount += places.warmCount
            for start in stride(from: 0, to: keys.count, by: Self.deletionSlice) {
                let slice = keys[start..<min(start + Self.deletionSlice, keys.count)]
                report.chunkCount += try await vectors.delete(keys: slice.map(\.text))
            }
            if vectors.isRemote { report.remoteCount += keys.count }
        }
    }

    /// As many keys as one call of S3 Vectors deletes.
    private static let deletionSlice = 500

    /// The last chunk first; also those that are on their way into the remote and no query sees yet.
    private func chunkKeys(of id: DocumentID) async throws -> [VectorKey] {
        var keys = Set(try await vectors.records(matching: id.filter).map(\.key))
        for intent in try vectors.intents() where intent.action == .put && id.number(of: intent.key) != nil {
            keys.insert(intent.key)
        }
        return keys.sorted { (id.number(of: $0) ?? 0) > (id.number(of: $1) ?? 0) }
    }
}
