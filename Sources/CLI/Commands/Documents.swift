import ArgumentParser
import MemVec
import Text
import Vectors

struct Documents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The documents of a collection: list, show, delete, index.",
        discussion: """
            memvec documents list notes
            memvec documents show notes notes/pinning.md
            memvec documents delete notes notes/pinning.md --yes
            memvec documents index notes --language de

            Deleting a document removes every passage of it: in the remote, the store, the index, the warm tier and \
            RAM. A deletion that was interrupted is completed by the same command; one that the remote did not \
            confirm is completed once it is there again.
            """, subcommands: [ListDocuments.self, ShowDocument.self, DeleteDocuments.self, IndexDocuments.self])
}

/// The collection that a command about documents works on.
struct DocumentOptions: ParsableArguments {
    @Argument(help: "A collection's folder, or the remote behind one.")
    var collection: String
    @Option(help: "The folder in front of a remote.", completion: .directory)
    var folder: String?
    @OptionGroup var prices: PriceOptions
    @Flag(help: "Print JSON: one object on a line.")
    var json = false

    func withTexts<R>(readOnly: Bool, _ body: (TextCollection) async throws -> R) async throws -> R {
        let texts = try await TextTarget(collection, folder: folder).open(readOnly: readOnly, embedder: nil)
        let result: R
        do {
            result = try await body(texts)
        } catch {
            try? await texts.vectors.close()
            throw error
        }
        try await texts.vectors.close()
        return result
    }
}

struct ListDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the documents: passages, state, id, title.")

    @OptionGroup var options: DocumentOptions
    @Option(help: "At most so many.")
    var limit: Int?
    @Option(help: "Begin where a page before ended.")
    var after: String?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit); 1 or more are possible") }
    }

    func run() async throws {
        try await options.withTexts(readOnly: true) { texts in
            var position = after, left = limit ?? .max
            repeat {
                let page = try await texts.documents(after: position, limit: min(100, left))
                for document in page.documents {
                    if options.json {
                        Terminal.print(document.object)
                    } else {
                        Terminal.print(
                            "\(document.chunkCount)\t\(document.state.rawValue)\t\(document.id)\t\(document.title)")
                    }
                }
                left -= page.documents.count
                position = page.next
            } while position != nil && left > 0
            if let position { Terminal.complain("there may be more: --after \(position)") }
        }
    }
}

struct ShowDocument: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a document's passages, in their order.")

    @OptionGroup var options: DocumentOptions
    @Argument(help: "The document's id, as list prints it.")
    var id: String

    func run() async throws {
        try await options.withTexts(readOnly: true) { texts in
            let (summary, chunks) = try await texts.document(id)
            if options.json {
                var object = summary.object
                object["passages"] = chunks.map { chunk -> JSONObject in
                    ["chunk": chunk.number, "section": chunk.section, "text": chunk.text]
                }
                Terminal.print(object)
                return
            }
            let title = summary.title.isEmpty ? summary.id : summary.title
            Terminal.say(
                "\(title) (\(summary.file)): \(NumberText.counted(chunks.count, "passage")), "
                    + summary.state.rawValue)
            var section: String?
            for chunk in chunks {
                if chunk.section != section { Terminal.print("\n## \(chunk.section)") }
                section = chunk.section
                Terminal.print("\n[\(chunk.number)] \(chunk.text)")
            }
        }
    }
}

struct DeleteDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove documents with every passage of theirs.")

    @OptionGroup var options: DocumentOptions
    @Argument(help: "Ids, as list prints them. One that is not there is no error.")
    var ids: [String]
    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await options.withTexts(readOnly: false) { texts in
            var chunkCount = 0, thereCount = 0
            for id in ids {
                guard let summary = try await texts.summary(id) else { continue }
                chunkCount += summary.chunkCount
                thereCount += 1
            }
            let loss =
                "\(NumberText.counted(thereCount, "document")) with \(NumberText.counted(chunkCount, "passage"))"
            guard try Confirmation.ask(loss: loss, word: "delete", isGiven: yes || thereCount == 0) == .goOn else {
                return
            }
            for id in ids {
                let report = try await texts.delete(DocumentID(id))
                if options.json { Terminal.print(report.object) } else { Terminal.print(report.text) }
            }
        }
    }
}

extension DocumentSummary {
    var object: JSONObject {
        ["id": id, "title": title, "file": file, "chunks": chunkCount, "state": state.rawValue]
    }
}

extension DeletionReport {
    var object: JSONObject {
        ["id": document, "chunks": chunkCount, "remote": remoteCount, "warm": warmCount, "ram": ramCount]
    }

    var text: String {
        guard chunkCount > 0 || remoteCount > 0 else { return "\(document): not there" }
        let remote = remoteCount > 0 ? ", \(remoteCount) in the remote" : ""
        return "\(document): \(NumberText.counted(chunkCount, "passage")) removed "
            + "(\(warmCount) on the SSD, \(ramCount) in RAM\(remote))"
    }
}
