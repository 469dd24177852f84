internal import Analysis
public import Vectors

/// The terms of a row's text fields, counted.
public struct RowText: Sendable {
    struct FieldText: Sendable {
        let number: UInt8
        /// Terms, each as often as it stands there. Not 0.
        let length: Int
        let frequencies: [TermKey: Int]
    }

    /// Of the list of fields that it was made for.
    let version: UInt32
    let fields: [FieldText]
}

/// Counts the terms of rows. Used by one task or thread; the stemmers in it are not for two at once.
public final class TextAnalysis {
    private let list: TextFieldList
    private var analyzers: [Language?: Analyzer] = [:]

    init(_ list: TextFieldList) { self.list = list }

    /// What a row with this metadata is found by.
    public func text(of metadata: Metadata) -> RowText {
        RowText(
            version: list.version,
            fields: list.present.compactMap { field in metadata[field.name].flatMap { text(of: $0, field) } })
    }

    /// Strings are text, and so are all strings of an array; nil where there is none, or no term in it.
    func text(of value: JSONValue, _ field: TextField) -> RowText.FieldText? {
        var length = 0, frequencies: [TermKey: Int] = [:]
        func add(_ text: String) {
            analyzer(field.language).forEachTerm(in: text) { term, _, _ in
                length += 1
                frequencies[TermKey(field: field.number, term), default: 0] += 1
            }
        }
        switch value {
        case .string(let text): add(text)
        case .array(let values): for case .string(let text) in values { add(text) }
        default: break
        }
        guard length > 0 else { return nil }
        return RowText.FieldText(number: field.number, length: length, frequencies: frequencies)
    }

    private func analyzer(_ language: Language?) -> Analyzer {
        if let known = analyzers[language] { return known }
        let new = Analyzer(language: language, role: .text)
        analyzers[language] = new
        return new
    }
}

extension StoreReader {
    /// For those who write rows: counts the terms that ``StoreWriter/Put/text`` wants; nil where nothing is searched.
    public func textAnalysis() throws -> TextAnalysis? {
        let list = try textFieldList()
        return list.present.isEmpty ? nil : TextAnalysis(list)
    }
}
