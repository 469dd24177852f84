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
        if let chunkTokens, chunkTokens < 8 {
            throw ValidationError("--chunk-tokens is \(chunkTokens); 8 or more are possible")
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
        let skips = try SkipLog(path: log)
        options.skipped = skips.note
        guard try await recreate(target) == .goOn else { return }
        Interruption.watch()
        let texts = try await target.openOrCreate(embedder: embedder.embedder, changes: settings.changes)
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
        if prune, report.brokenCount > 0 { Terminal.complain(report.unprunedText) }
        if let failure = report.failure {
            Terminal.complain("\(failure); what was read before is stored")
            throw Outcome.failed
        }
    }

    private static func environmentLimit() throws -> Int? {
        guard let text = ProcessInfo.processInfo.environment["MAX_ARTICLES"], !text.isEmpty else { return nil }
        guard let limit = Int(text), limit > 0 else {
            throw ValidationError("MAX_ARTICLES is \"\(text)\"; 1 or more are possible")
        }
        return limit
    }

    /// Removes what is there, if that is wanted, after saying how much it is.
    private func recreate(_ target: TextTarget) async throws -> Confirmation.Answer {
        let isAsked = forceRecreate || ProcessInfo.processInfo.environment["MEMVEC_FORCE_RECREATE"] == "true"
        guard isAsked, target.exists else { return .goOn }
        let loss = try await target.contents()
        guard try Confirmation.ask(loss: loss.text, word: "recreate", isGiven: yes || loss.vectorCount == 0) == .goOn
        else { return .stop }
        Terminal.say("removing \(loss.text)")
        try await target.removeEverything()
        return .goOn
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
        "\(NumberText.counted(brokenCount, "file")) could not be read to the end: what was known of that stays"
    }

    var object: JSONObject {
        [
            "documents": documentCount, "new": newCount, "changed": changedCount, "unchanged": unchangedCount,
            "removedDocuments": removedDocumentCount, "skipped": skippedCount, "broken": brokenCount,
            "chunks": chunkCount,
            "stored": storedCount, "removedChunks": removedChunkCount, "cut": cutCount, "bytes": byteCount,
            "seconds": seconds, "embeddingSeconds": embeddingSeconds, "storingSeconds": storingSeconds,
            "failure": failure.map { "\($0)" },
        ]
    }
}
