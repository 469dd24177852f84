import ArgumentParser
import MemVec
import Text
import Vectors

struct IndexDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Make the words of the passages searchable: --mode text and hybrid.",
        discussion: """
            memvec documents index notes
            memvec documents index wiki --language de

            An ingest does it by itself; this is for a collection that was attached, or made before.
            """)

    @OptionGroup var options: DocumentOptions
    @OptionGroup var language: LanguageOption

    func run() async throws {
        let target = try TextTarget(options.collection, folder: options.folder)
        try await CommonOptions.withCollection(at: target.folder, readOnly: false) { vectors in
            try await TextCollection.prepareFullText(of: vectors, language.words)
            try await vectors.finishTextFields()
            guard let field = try TextCollection.fullText(of: vectors) else { return }
            let words = field.language?.rawValue ?? "plain"
            if options.json {
                Terminal.print(["passages": field.documentCount, "language": words] as JSONObject)
            } else {
                Terminal.print("\(NumberText.counted(field.documentCount, "passage")) searchable by words (\(words))")
            }
        }
    }
}
