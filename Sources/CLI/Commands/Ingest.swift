import ArgumentParser
import Foundation
import MemVec
import Text
import Vectors

struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make documents searchable: read, cut into passages, embed, store.",
        discussion: """
            memvec ingest ~/notes --into notes
            memvec ingest simplewiki.xml.bz2 --into s3vectors://media/wiki --max-articles 1000
            memvec ingest articles.jsonl --into articles --embedder hash --log skipped.jsonl

            SOURCE is a folder, or a file: MediaWiki export (.xml, .bz2, .gz), Markdown, HTML, text, JSON lines with \
            id, title and text. Bucket and index are made if they are not there; what lies in front of a remote is \
            kept in --folder. A second run embeds and stores what is new or changed, and a run that was interrupted \
            goes on. MAX_ARTICLES and MEMVEC_FORCE_RECREATE=true stand for --max-articles and --force-recreate.
            """)

    @Argument(help: "A folder of documents, or a file.", completion: .file())
    var source: String
    @Option(help: "A collection's folder, s3vectors://BUCKET/INDEX, the ARN of an index, or local:FOLDER.")
    var into: String
    @Option(help: "The folder in front of a remote.", completion: .directory)
    var folder: String?
    @OptionGroup var embedder: EmbedderOption
    @Option(help: "What stands before the documents' names; by default the name of a folder, or none.")
    var name: String?
    @Option(help: "At most so many documents.")
    var maxArticles: Int?
    @OptionGroup var language: LanguageOption
    @Option(help: "Tokens of a passage; by default what the embedder reads well.")
    var chunkTokens: Int?
    @Flag(help: "Remove documents that the source does not have any more.")
    var prune = false
    @Flag(help: "Remove everything that is there, in the remote too, and begin anew.")
    var forceRecreate = false
    @Flag(help: "Do not ask.")
    var yes = false
    @Option(help: "A file that gets a line of JSON for each thing that is left out, and why.", completion: .file())
    var log: String?
    @Flag(help: "Print JSON: one object on a line.")
    var json = false
    @OptionGroup var prices: PriceOptions
    @OptionGroup(title: "Settings") var settings: SettingOptions

    func validate() throws {
        if let maxArticles, maxArticles < 1 {
            throw ValidationError("--max-articles is \(maxArticles); 1 or more are possible")
        }
        if prune, maxArticles != nil {
            throw ValidationError(
                "--prune needs all of the source, --max-articles reads a part of it: leave out one of the two")
        }
        if let name, name.contains("/") {
            throw ValidationError(
                "--name is \"\(name)\"; with a slash in it its documents could not be told from those of a folder "
                    + "below \"\(name.prefix { $0 != "/" })\", which --prune would remove")
        }
        if let chunkTokens, !(8...Chunker.largestLimit).contains(chunkTokens) {
            throw ValidationError(
                "--chunk-tokens is \(chunkTokens); 8 to \(NumberText.count(Chunker.largestLimit)) are possible")
        }
    }

    func run() async throws {
        let target = try TextTarget(into, folder: folder)
        var options = IngestOptions()
        options.documentLimit = try maxArticles ?? Self.environmentLimit()
        options.chunkTokens = chunkTokens
        options.removesMissing = prune
        options.words = language.words
        _ = try DocumentReaders.open(source)  // Before anything is made: is it there?
        options.label = name ?? DocumentReaders.label(of: source)
        options.file = DocumentReaders.file(of: source)
        let skips = try SkipLog(path: log, source: source)
        options.skipped = skips.note
        guard let texts = try await opened(target, &options) else { return }
        let line = IngestLine()
        options.progress = line.update
        let report: IngestReport
        do {
            report = try await Interruption.cancelling { [options, source] in
                try await texts.ingest(DocumentReaders.open(source), options: options)
            }
        } catch {
            line.finish()
            try? await texts.vectors.close()
            if var interrupted = Interruption.asked {
                interrupted.advice = "what was stored stays; the same command goes on"
                throw interrupted
            }
            throw error
        }
        line.finish()
        try await texts.vectors.close()
        print(report, target, skips)
        if let failure = skips.failure { Terminal.complain("\(failure)") }
        if prune, report.brokenCount > 0 { Terminal.complain(report.unprunedText) }
        if prune, report.isLimited { Terminal.complain(report.limitedText) }
        if report.isUnpruned { Terminal.complain(IngestReport.untoldText) }
        if let failure = report.failure {
            Terminal.complain("\(failure); what was read before is stored")
            throw Outcome.failed
        }
        if skips.failure != nil { throw Outcome.failed }
    }

    private static func environmentLimit() throws -> Int? {
        guard let text = ProcessInfo.processInfo.environment["MAX_ARTICLES"], !text.isEmpty else { return nil }
        guard let limit = Int(text), limit > 0 else {
            throw ValidationError("MAX_ARTICLES is \"\(text)\"; 1 or more are possible")
        }
        return limit
    }

    /// The collection, in place of what was there if that is wanted; nil when the user was asked and does not want it.
    private func opened(_ target: TextTarget, _ options: inout IngestOptions) async throws -> TextCollection? {
        let isAsked = forceRecreate || ProcessInfo.processInfo.environment["MEMVEC_FORCE_RECREATE"] == "true"
        guard isAsked, target.exists else {
            Interruption.watch()
            return try await target.openOrCreate(embedder: embedder.embedder, changes: settings.changes)
        }
        let loss = try await target.contents()
        guard try Confirmation.ask(loss: loss.text, word: "recreate", isGiven: yes || loss.vectorCount == 0) == .goOn
        else { return nil }
        // All that may fail for what the user said fails here, before anything is removed.
        let plan = try await target.planAnew(embedder: embedder.embedder, changes: settings.changes)
        Terminal.say("removing \(loss.text)")
        try await target.removeEverything()
        Interruption.watch()
        options.words = options.words ?? plan.words
        return try await target.create(plan)
    }

    private func print(_ report: IngestReport, _ target: TextTarget, _ skips: SkipLog) {
        if json {
            Terminal.print(report.object)
            return
        }
        Terminal.print(report.text)
        for line in skips.summary { Terminal.say(line) }
        if report.failure == nil, report.documentCount > 0 {
            Terminal.say("Next: memvec search \(target.folder) \"a question\"")
        }
    }
}

extension IngestReport {
    var text: String {
        var parts = ["\(NumberText.counted(newCount, "new document"))"]
        if changedCount > 0 { parts.append("\(NumberText.count(changedCount)) changed") }
        if unchangedCount > 0 { parts.append("\(NumberText.count(unchangedCount)) unchanged") }
        if removedDocumentCount > 0 { parts.append("\(NumberText.count(removedDocumentCount)) removed") }
        if skippedCount > 0 { parts.append("\(NumberText.count(skippedCount)) left out") }
        var text = parts.joined(separator: ", ") + "; "
        text +=
            storedCount == 0
            ? "nothing embedded or uploaded"
            : "\(NumberText.counted(storedCount, "passage")) embedded and stored"
        if removedChunkCount > 0 { text += ", \(NumberText.count(removedChunkCount)) removed" }
        if cutCount > 0 { text += ", \(NumberText.count(cutCount)) cut to what metadata may hold" }
        return text + " in \(NumberText.seconds(seconds))"
    }

    /// What is told where documents that are gone were to be removed, and something could not be read.
    var unprunedText: String {
        "\(NumberText.counted(brokenCount, "file")) could not be read whole: what was known of that stays"
    }

    /// What is told where documents that are gone were to be removed, and the environment's limit ended the run.
    var limitedText: String {
        "MAX_ARTICLES ended the run after \(NumberText.counted(documentCount, "document")): none was taken for gone; "
            + "--prune needs a run without it"
    }

    /// What is told where documents that are gone were to be removed, and nobody knows which ones the source had.
    static let untoldText =
        "nothing was pruned: no document was read that would tell which ones are of this source; give it a --name"

    var object: JSONObject {
        [
            "documents": documentCount, "new": newCount, "changed": changedCount, "unchanged": unchangedCount,
            "removedDocuments": removedDocumentCount, "skipped": skippedCount, "broken": brokenCount,
            "limited": isLimited, "unpruned": isUnpruned, "chunks": chunkCount,
            "stored": storedCount, "removedChunks": removedChunkCount, "cut": cutCount, "bytes": byteCount,
            "seconds": seconds, "embeddingSeconds": embeddingSeconds, "storingSeconds": storingSeconds,
            "failure": failure.map { "\($0)" },
        ]
    }
}
