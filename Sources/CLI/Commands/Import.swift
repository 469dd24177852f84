import ArgumentParser
import Formats
import MemVec

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the vectors of a file.",
        discussion: """
            memvec import news vectors.jsonl
            memvec import sift base.fvecs --auto-train off
            memvec import news news.npy --keys news-keys.jsonl
            zcat vectors.jsonl.gz | memvec import news -
            tools/import-parquet data.parquet | memvec import news -

            By the end of the name: .fvecs, .bvecs, .npy (float16/32/64, int8, uint8), .jsonl; - is JSON lines from \
            standard input: {"key": "doc-17", "vector": [0.1, 0.2], "metadata": {"year": 2024}}. Where a file has no \
            keys, --keys names one that has them: a line {"key": "doc-17", "metadata": {...}} for each vector. Else \
            the record's number is the key. A key that is there already is overwritten.

            Each batch is on disk before the next is put. After a broken record or an interruption everything before \
            it stays, and the message says how to go on with --from.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file, or - for standard input.", completion: .file())
    var file: String
    @Option(help: "fvecs, bvecs, npy or jsonl, where the name does not say.")
    var format: FileFormat?
    @Option(help: "Begin with this record, counted from 0.")
    var from = 0
    @Option(help: "Vectors in one transaction (20,000, or what 32 MiB hold).")
    var batch: Int?
    @Option(help: "JSON lines with the keys and metadata of .npy, .fvecs and .bvecs.", completion: .file())
    var keys: String?
    @Option(help: "Put before each key that is a record's number.")
    var keyPrefix = ""
    @OptionGroup(title: "Settings") var settings: SettingOptions

    func validate() throws {
        guard from >= 0 else { throw ValidationError("--from is \(from); records count from 0") }
        if let batch, !(1...VectorCollection.putLimit).contains(batch) {
            throw ValidationError("--batch is \(batch); 1 to \(VectorCollection.putLimit) are possible")
        }
    }

    func run() async throws {
        try await common.withCollection(changes: settings.changes) { collection in
            Interruption.watch()
            var reading = ReadingOptions()
            reading.format = format
            reading.from = from
            reading.keysPath = keys
            reading.dimension = collection.dimension
            let feed = try BatchFeed(path: file, options: reading)
            var run = ImportRun(
                collection: collection, feed: feed,
                batchCount: batch ?? ImportRun.batchCount(dimension: collection.dimension), prefix: keyPrefix)
            var progress = Progress("import", total: feed.recordCount.map { $0 - from })
            do {
                try await run.toEnd { done in
                    progress.update(done - from)
                    if common.json { Terminal.print(["imported": done - from]) }
                }
            } catch {
                progress.finish()
                throw stopped(by: error, after: run.done)
            }
            progress.finish()
            report(run.done - from, seconds: progress.seconds)
            try await train(collection)
        }
    }

    /// The background's training ends with the process: it is brought to its end here, or made up for.
    private func train(_ collection: VectorCollection) async throws {
        Interruption.unwatch()
        let progress = StageProgress()
        guard let report = try await collection.settleTraining(progress: progress.update) else { return }
        progress.finish()
        if !common.json { Terminal.say("trained \(report.factory) on \(NumberText.counted(report.rowCount, "row"))") }
    }

    private func report(_ count: Int, seconds: Double) {
        let rate = Double(count) / max(seconds, 1e-9)
        common.print(
            "imported \(NumberText.counted(count, "vector")) in \(NumberText.seconds(seconds)) "
                + "(\(NumberText.fixed(rate, 0))/s, synced)",
            ["imported": count, "seconds": seconds, "vectorsPerSecond": rate])
    }

    /// What to end with: the error, and the command that goes on behind what is imported.
    private func stopped(by error: any Error, after done: Int) -> any Error {
        let join = keys.map { " --keys \($0)" } ?? ""
        let again = "memvec import \(common.folder) \(file)\(join) --from \(done)"
        if var interrupted = Interruption.asked {
            interrupted.advice = "\(NumberText.counted(done - from, "vector")) are imported; go on with: \(again)"
            return interrupted
        }
        Terminal.complain("\(error)")
        Terminal.complain(
            "\(NumberText.counted(done - from, "vector")) are imported; after mending go on with: \(again)")
        return Outcome.failed
    }
}
