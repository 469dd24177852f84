import ArgumentParser
import Text

/// Which spellings of a word full-text search holds to be one.
struct LanguageOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The language whose stems full-text search looks at: \(WordForms.allTexts.joined(separator: ", ")).",
            discussion: "plain knows no stems. A new collection takes en; one that is there keeps what it has."),
        completion: .list(WordForms.allTexts))
    var language: String?

    func validate() throws {
        if let language, WordForms(language) == nil {
            throw ValidationError(
                "--language is \"\(language)\"; possible are \(WordForms.allTexts.joined(separator: ", "))")
        }
    }

    var words: WordForms? { language.flatMap { WordForms($0) } }
}
