import ArgumentParser
import Foundation
import MemVec
import Text

struct Ask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a folder of documents, or a collection, in words; a prompt that stays open.",
        discussion: """
            memvec ask ~/notes "how do I pin a vector?"
            memvec ask ~/notes
            memvec ask wiki

            A folder of documents is made searchable first (in its own folder .memvec), as far as it is new or \
            changed. Without a question a prompt takes one a line, until the end of input.
            """)

    @Argument(help: "A folder of documents, or a collection.", completion: .directory)
    var source: String
    @Argument(help: "A question; without one there is a prompt.")
    var question: [String] = []
    @OptionGroup var choices: SearchChoices
    @OptionGroup var language: LanguageOption
    @Flag(help: "Print JSON: one object a question.")
    var json = false

    func run() async throws {
        let texts = try await opened()
        let output = PassageOutput(json: json)
        if question.isEmpty {
            let hasFailed = try await answerAll(texts, output)
            try await texts.vectors.close()
            if hasFailed { throw Outcome.failed }
        } else {
            let text = question.joined(separator: " ")
            output.print(try await choices.search(texts, text), question: text)
            try await texts.vectors.close()
        }
    }

    /// Answers a question a line, and keeps the vectors of those that may come again. One that fails does not end it.
    ///
    /// - Returns: whether one has failed.
    private func answerAll(_ texts: TextCollection, _ output: PassageOutput) async throws -> Bool {
        let kept = TextCollection(
            texts.vectors, embedder: LateEmbedder { CachedEmbedder(try await texts.embedder) })
        var hasFailed = false
        while let line = Self.prompt() {
            if line.allSatisfy(\.isWhitespace) { continue }
            do {
                output.print(try await choices.search(kept, line), question: line)
            } catch EmbedderError.failed(let embedder, let problem) {
                Terminal.complain("\(EmbedderError.failed(embedder: embedder, problem: problem))")
                hasFailed = true
            }
        }
        return hasFailed
    }

    private static func prompt() -> String? {
        if Terminal.canAsk { Terminal.sayOver("? ") }
        return readLine()
    }

    /// The collection, or the one inside a folder of documents, brought up to date.
    private func opened() async throws -> TextCollection {
        let target = try TextTarget(source, folder: choices.folder)
        if target.cold != nil || target.exists { return try await choices.open(source) }
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: source, isDirectory: &isFolder), isFolder.boolValue else {
            throw ValidationError("\(source) is neither a folder of documents nor a collection")
        }
        let inside = try TextTarget(source + "/.memvec", folder: nil)
        guard inside.exists || FileManager.default.isWritableFile(atPath: source) else {
            throw ValidationError(
                "\(source) cannot be written: memvec ingest \(source) --into FOLDER, then memvec ask FOLDER")
        }
        let texts = try await inside.openOrCreate(embedder: choices.embedder.embedder, changes: [:])
        let line = IngestLine()
        var options = IngestOptions()
        options.removesMissing = true
        options.words = language.words
        options.label = DocumentReaders.label(of: source)
        options.progress = line.update
        let report = try await texts.ingest(try DocumentReaders.open(source), options: options)
        line.finish()
        Terminal.say(report.text)
        if report.brokenCount > 0 { Terminal.complain(report.unprunedText) }
        if let failure = report.failure { Terminal.complain("\(failure)") }
        return texts
    }
}
