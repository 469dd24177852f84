import ArgumentParser
import Formats
import Foundation
import MemVec

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the vectors of a file.",
        discussion: """
            memvec import news vectors.jsonl
            memvec import sift base.fvecs --auto-train off
            tools/import-parquet data.parquet | memvec import news -

            Formats by the end of the name: .fvecs .bvecs .npy .jsonl; - is JSON lines from standard input. Where a
            file has no keys, the record's number is the key. What was acknowledged stays: after a broken record or an
            interruption the message says how to go on with --from.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file, or - for standard input.")
    var file: String
    @Option(help: "fvecs, bvecs, npy or jsonl, where the name does not say.")
    var format: String?
    @Option(help: "Begin with this record, counted from 0.")
    var from = 0
    @Option(help: "Vectors in one transaction.")
    var batch = 20_000
    @Option(help: "Put before each key that is a record's number.")
    var keyPrefix = ""
    @OptionGroup var settings: SettingOptions

    func run() async throws {
        guard (1...VectorCollection.putLimit).contains(batch) else {
            throw ValidationError("--batch is \(batch); 1 to \(VectorCollection.putLimit) are possible")
        }
        guard from >= 0 else { throw ValidationError("--from is \(from); it counts from 0") }
        var reading = ReadingOptions()
        reading.format = try format.map { text in
            guard let format = FileFormat(rawValue: text) else {
                throw ValidationError("--format is \"\(text)\"; fvecs, bvecs, npy and jsonl are possible")
            }
            return format
        }
        reading.from = from
        reading.isCancelled = { Interruption.isAsked }
        let collection = try await common.open(changes: settings.changes)
        reading.dimension = collection.dimension
        Interruption.watch()
        let reader = try VectorFileReader(path: file, options: reading)
        var progress = Progress("import", total: reader.recordCount)
        let started = Date()
        var done = from
        do {
            // The next batch is read while the one before it is written.
            var waiting = try reader.next(atMost: batch)
            while let current = waiting, !Interruption.isAsked {
                async let written: Void = collection.put(current, prefix: keyPrefix)
                let next = Result { try reader.next(atMost: batch) }
                try await written
                done = current.position.record
                progress.update(done)
                if common.json { Terminal.print(json: ["imported": done - from]) }
                waiting = try next.get()
            }
        } catch {
            progress.finish()
            try? await collection.close()
            Terminal.say("memvec: \(error)")
            Terminal.say(
                "memvec: \(done - from) vectors are imported; after mending go on with: "
                    + "memvec import \(common.folder) \(file) --from \(done)")
            throw ExitCode(1)
        }
        progress.finish()
        try await collection.close()
        let seconds = Date().timeIntervalSince(started), rate = Double(done - from) / max(seconds, 1e-9)
        if Interruption.isAsked {
            Terminal.say("memvec: interrupted; go on with: memvec import \(common.folder) \(file) --from \(done)")
            throw ExitCode(1)
        }
        if common.json {
            Terminal.print(json: ["imported": done - from, "seconds": seconds, "vectorsPerSecond": rate])
        } else {
            Terminal.print(String(format: "imported %d vectors in %.1f s (%.0f/s, synced)", done - from, seconds, rate))
        }
    }
}

extension VectorCollection {
    func put(_ batch: VectorBatch, prefix: String) async throws {
        var records: [VectorRecord] = []
        records.reserveCapacity(batch.count)
        for i in 0..<batch.count {
            records.append(
                VectorRecord(
                    key: try batch.key(at: i, prefix: prefix), values: Array(batch.vector(at: i)),
                    metadata: batch.metadata?[i] ?? Metadata()))
        }
        try await put(records)
    }
}

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write all vectors, or those that match, as JSON lines to standard output.",
        discussion: "memvec export news > news.jsonl")

    @OptionGroup var common: CommonOptions
    @Option(help: "Only vectors whose metadata match.")
    var filter: String?

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        let filter = try filter.map { try Filter(json: $0, nonFilterable: collection.nonFilterableKeys) }
        var position: String?
        repeat {
            let page = try await collection.list(after: position, limit: 1000, filter: filter, wantsVectors: true)
            for record in page.records { Terminal.print(record.jsonLine(withVector: true)) }
            position = page.next
        } while position != nil
    }
}

extension VectorRecord {
    /// As `import` reads it.
    func jsonLine(withVector: Bool) -> String {
        var members = [JSONValue.Member("key", .string(key.text))]
        if withVector {
            // The shortest text of a float32, which is what JSON needs to bring it back to the bit.
            members.append(.init("vector", .array(values.map { .number(Double("\($0)") ?? Double($0)) })))
        }
        if !metadata.isEmpty { members.append(.init("metadata", .object(metadata.fields))) }
        return JSONValue.object(members).text
    }
}
