internal import MemVec
internal import Vectors

/// One ingest: reads ahead while the chunks before are embedded and stored.
///
/// A chunk is stored in one call with its digest, so whatever a kill leaves is whole chunks, and the next run embeds
/// those only that are not there. Chunks go one batch after the other: a kill costs one batch.
actor IngestRun {
    private let texts: TextCollection
    private let embedder: any Embedder
    private let options: IngestOptions
    private let chunker: Chunker
    private var reader: any DocumentReader
    /// Hashes of the ids that were read, which a source may have by millions.
    private var seen: Set<Int> = []
    /// What stands before the first slash of the ids that were read, where there is no label.
    private var roots: Set<[UInt8]> = []
    /// What could not be read within the source, or not all of it: names as metadata have them.
    private var brokenFiles: Set<[UInt8]> = []
    private var waiting: [StoredChunk] = []
    private var isAtEnd = false
    private(set) var report = IngestReport()

    /// Chunks of a batch, whatever the embedder likes best: each batch is a write of its own.
    private static let batchLimit = 512
    /// Keys of one look at what is there.
    private static let lookLimit = 1000

    init(
        _ texts: TextCollection, _ embedder: any Embedder, _ reader: sending any DocumentReader,
        _ options: IngestOptions
    ) {
        self.texts = texts
        self.embedder = embedder
        self.reader = reader
        self.options = options
        chunker = Chunker(limit: options.chunkTokens ?? Self.chunkTokens(of: embedder)) { embedder.tokenCount($0) }
    }

    /// What leaves room for the title, and is a passage rather than a page.
    private static func chunkTokens(of embedder: any Embedder) -> Int { max(16, min(embedder.longestInput, 256) - 24) }

    func run() async throws -> IngestReport {
        let clock = ContinuousClock(), began = clock.now
        guard texts.vectors.nonFilterableKeys.contains(ChunkField.text) else {
            throw TextError.filterableText(folder: texts.vectors.folder, keys: [ChunkField.text])
        }
        try await texts.prepareFullText(options.words)
        var batch = try await gather()
        while !batch.isEmpty {
            try Task.checkCancellation()
            async let next = gather()
            try await store(batch)
            batch = try await next
        }
        // What was not read is not gone.
        if options.removesMissing, report.failure == nil, !report.isLimited { try await removeMissing() }
        // Passages that were there before the full text was: whoever searches next finds them.
        try await texts.vectors.finishTextFields()
        report.seconds = (clock.now - began) / .seconds(1)
        return report
    }

    /// The next chunks that are to be embedded; none at the end.
    private func gather() async throws -> [StoredChunk] {
        let target = min(Self.batchLimit, max(embedder.batchSize, 64))
        while waiting.count < target, !isAtEnd {
            try Task.checkCancellation()
            try await readOne()
        }
        let batch = Array(waiting.prefix(target))
        waiting.removeFirst(batch.count)
        return batch
    }

    private func readOne() async throws {
        if let limit = options.documentLimit, report.documentCount >= limit {
            report.isLimited = true
            isAtEnd = true
            return
        }
        let item: SourceItem?
        do throws(SourceError) {
            item = try reader.next()
        } catch {
            report.failure = error
            isAtEnd = true
            return
        }
        report.byteCount = reader.progress.done
        switch item {
        case nil: isAtEnd = true
        case .skipped(let file, let reason): skip(file, reason)
        case .broken(let file, let place, let reason):
            if brokenFiles.insert(Self.storedFile(file)).inserted { report.brokenCount += 1 }
            skip(place.map { "\(file), \($0)" } ?? file, reason)
        case .document(let document): try await take(document)
        }
        tell()
    }

    private func skip(_ file: String, _ reason: String) {
        report.skippedCount += 1
        options.skipped(file, reason)
    }

    private func take(_ document: SourceDocument) async throws {
        let name = options.label.map { $0 + "/" + document.id } ?? document.id
        let id: DocumentID
        do { id = try DocumentID(name) } catch { return skip(document.file, "it has no id") }
        guard seen.insert(Self.hash(id.text)).inserted else {
            return skip(document.file, "the id \(id) was there before in this source")
        }
        if options.label == nil { roots.insert(Self.root(id.text)) }
        let chunks = chunker.chunks(of: document)
        guard !chunks.isEmpty else {
            try await removeEmptied(id)
            return skip(document.file, "there is no text in it")
        }
        report.documentCount += 1
        report.chunkCount += chunks.count
        let stored = try chunks.map { try StoredChunk($0, of: document, id, count: chunks.count) }
        try await compare(stored, id)
    }

    /// Removes what is there of a document that has no text any more: it has changed, as others do.
    private func removeEmptied(_ id: DocumentID) async throws {
        let chunkCount = try await texts.delete(id).chunkCount
        guard chunkCount > 0 else { return }
        report.removedChunkCount += chunkCount
        report.removedDocumentCount += 1
    }

    /// Leaves what is there just so, has the rest stored, and removes what the document has no more.
    private func compare(_ chunks: [StoredChunk], _ id: DocumentID) async throws {
        let thereCount = try await texts.vectors.count(matching: id.filter)
        var missing: [StoredChunk] = [], sameKeyCount = 0
        if thereCount == 0 {
            missing = chunks
        } else {
            for start in stride(from: 0, to: chunks.count, by: Self.lookLimit) {
                let slice = chunks[start..<min(start + Self.lookLimit, chunks.count)]
                let found = try await texts.vectors.get(slice.map(\.key.text), wantsVectors: false)
                for (chunk, record) in zip(slice, found) {
                    sameKeyCount += record == nil ? 0 : 1
                    if record?.metadata[ChunkField.digest] != chunk.metadata[ChunkField.digest] {
                        missing.append(chunk)
                    }
                }
            }
        }
        if thereCount > sameKeyCount {
            report.removedChunkCount += try await texts.vectors.delete(matching: id.filter(from: chunks.count))
        }
        report.cutCount += missing.count { $0.isCut }
        waiting += missing
        if thereCount == 0 {
            report.newCount += 1
        } else if missing.isEmpty, thereCount == chunks.count {
            report.unchangedCount += 1
        } else {
            report.changedCount += 1
        }
    }

    private func store(_ batch: [StoredChunk]) async throws {
        let clock = ContinuousClock(), began = clock.now
        let vectors = try await embedder.embed(batch.map(\.embedded), as: .passage)
        guard vectors.count == batch.count else {
            throw EmbedderError.failed(
                embedder: embedder.name, problem: "\(vectors.count) vectors for \(batch.count) texts")
        }
        let embedded = clock.now
        report.embeddingSeconds += (embedded - began) / .seconds(1)
        try await texts.vectors.put(
            zip(batch, vectors).map { VectorRecord(key: $0.key, values: $1, metadata: $0.metadata) })
        report.storingSeconds += (clock.now - embedded) / .seconds(1)
        report.storedCount += batch.count
        tell()
    }

    private func removeMissing() async throws {
        guard let known = ownDocuments else {
            report.isUnpruned = true
            return
        }
        var gone: Set<[UInt8]> = [], position: String?
        repeat {
            let page = try await texts.vectors.list(after: position, filter: known)
            for record in page.records {
                guard let name = record.metadata.string(ChunkField.document), !seen.contains(Self.hash(name)),
                    options.label != nil || roots.contains(Self.root(name)),
                    !isBroken(record.metadata.string(ChunkField.file) ?? "")
                else { continue }
                gone.insert(Array(name.utf8))
            }
            position = page.next
        } while position != nil
        for name in gone.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let id = try DocumentID(String(decoding: name, as: UTF8.self))
            report.removedChunkCount += try await texts.delete(id).chunkCount
            report.removedDocumentCount += 1
        }
    }

    /// Which documents are the source's, as far as a filter tells; nil where nothing tells. Those of a file have its
    /// name; another file of that name, or one in a folder, has other ``roots``.
    private var ownDocuments: Filter? {
        if let label = options.label { return .field(ChunkField.document, [.startsWith(label + "/")]) }
        guard let file = options.file, !roots.isEmpty else { return nil }
        return .field(ChunkField.file, [.equal(.string(file.cut(toJSONBytes: ChunkField.fileLimit)))])
    }

    /// Whether a document that was read there may be there all the same.
    private func isBroken(_ file: String) -> Bool {
        brokenFiles.contains { broken in
            let rest = file.utf8.dropFirst(broken.count)
            return file.utf8.starts(with: broken)
                && (rest.isEmpty || rest.starts(with: ", ".utf8) || rest.starts(with: "/".utf8))
        }
    }

    // MARK: Names by their bytes: strings that Unicode holds to be equivalent name two documents

    private static func hash(_ name: String) -> Int { Array(name.utf8).hashValue }
    private static func root(_ name: String) -> [UInt8] { Array(name.utf8.prefix { $0 != UInt8(ascii: "/") }) }
    private static func storedFile(_ name: String) -> [UInt8] {
        Array(name.cut(toJSONBytes: ChunkField.fileLimit).utf8)
    }

    private func tell() {
        var progress = IngestProgress()
        (progress.readBytes, progress.allBytes) = reader.progress
        progress.documentCount = report.documentCount
        progress.storedCount = report.storedCount
        progress.unchangedCount = report.chunkCount - report.storedCount - waiting.count
        options.progress(progress)
    }
}
