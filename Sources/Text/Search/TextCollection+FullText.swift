public import Analysis
public import MemVec

/// Which spellings of a word count as one in full-text search.
public enum WordForms: Sendable, Equatable {
    /// What differs by case and accents alone.
    case plain
    /// Those of one stem, too.
    case of(Language)

    /// As ``WordForms/of(_:)`` of a code such as `en`, or `plain`; nil for anything else.
    public init?(_ text: String) {
        if text == "plain" {
            self = .plain
        } else if let language = Language(rawValue: text) {
            self = .of(language)
        } else {
            return nil
        }
    }

    /// What ``init(_:)`` takes.
    public static var allTexts: [String] { Language.allCases.map(\.rawValue) + ["plain"] }

    var language: Language? { if case .of(let language) = self { language } else { nil } }
}

extension TextCollection {
    /// The full text over the passages; nil where there is none yet.
    public func fullText() throws -> TextFieldStatus? { try Self.fullText(of: vectors) }

    /// Has the words of the passages searched from now on; of those that are there, once they were gone through in the
    /// background.
    ///
    /// - Parameter words: nil leaves what is there, and takes English where nothing is. Another choice than what is
    ///   there has every passage gone through again.
    public func prepareFullText(_ words: WordForms? = nil) async throws {
        try await Self.prepareFullText(of: vectors, words)
    }

    /// The same where nobody knows what embeds: words need no embedder.
    public static func prepareFullText(of vectors: VectorCollection, _ words: WordForms? = nil) async throws {
        if let there = try fullText(of: vectors) {
            guard let words, words.language != there.language else { return }
            try await vectors.removeTextFields([ChunkField.text])
        }
        let language = (words ?? .of(.english)).language
        try await vectors.addTextFields([TextFieldSetting(ChunkField.text, language: language)])
    }

    /// What ``prepareFullText(_:)`` was told last; nil where there is no full text.
    public static func words(of vectors: VectorCollection) throws -> WordForms? {
        guard let there = try fullText(of: vectors) else { return nil }
        guard let language = there.language else { return .plain }
        return .of(language)
    }

    /// As ``fullText()``.
    public static func fullText(of vectors: VectorCollection) throws -> TextFieldStatus? {
        try vectors.textFields().first { $0.key.utf8.elementsEqual(ChunkField.text.utf8) }
    }
}
