public import Analysis
internal import Storage
internal import Vectors

/// A metadata key whose strings full-text search finds, and in which language they are.
public struct TextFieldSetting: Sendable, Equatable {
    /// Of 1 to 63 characters. It may be non-filterable.
    public let key: String
    /// Nil takes words as they are but for case and accents; a language also cuts them to their stems.
    public let language: Language?

    /// A field whose strings are in `language`; nil takes words as they are.
    public init(_ key: String, language: Language? = nil) {
        self.key = key
        self.language = language
    }

    /// Fields are their bytes: "é" in one scalar and in two are two.
    public static func == (a: Self, b: Self) -> Bool {
        a.key.utf8.elementsEqual(b.key.utf8) && a.language == b.language
    }

    /// In one collection.
    public static let limit = 10

    static func check(_ settings: [TextFieldSetting]) throws(InputError) {
        for setting in settings where !(1...63).contains(setting.key.unicodeScalars.count) {
            throw InputError.outOfRange(
                name: "length of text field \"\(setting.key)\"", value: "\(setting.key.unicodeScalars.count)",
                allowed: "1 to 63 characters")
        }
        guard settings.count <= limit else {
            throw InputError.outOfRange(
                name: "number of text fields", value: "\(settings.count)", allowed: "0 to \(limit)")
        }
        guard Set(settings.map { Array($0.key.utf8) }).count == settings.count else {
            throw InputError.outOfRange(
                name: "text fields", value: settings.map { "\"\($0.key)\"" }.joined(separator: ", "),
                allowed: "each key once")
        }
    }
}

/// A text field of a collection, as it is now.
public struct TextFieldStatus: Sendable, Equatable {
    /// The metadata key.
    public let key: String
    /// The language that it is analysed in; nil takes words as they are.
    public let language: Language?
    /// False while rows of before it was added are gone through: it cannot be searched yet.
    public let isActive: Bool
    /// Vectors that have terms in it.
    public let documentCount: Int
}

extension TextField {
    var setting: TextFieldSetting { TextFieldSetting(name, language: language) }
}
