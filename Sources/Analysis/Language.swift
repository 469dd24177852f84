/// A language of full-text search, by the code that S3 Vectors uses for it.
public enum Language: String, Sendable, CaseIterable {
    /// English.
    case english = "en"
    /// French.
    case french = "fr"
    /// Spanish.
    case spanish = "es"
    /// Portuguese.
    case portuguese = "pt"
    /// Italian.
    case italian = "it"
    /// German.
    case german = "de"
    /// Dutch.
    case dutch = "nl"
    /// Chinese, by pairs of characters.
    case chinese = "zh"
    /// Japanese, by pairs of characters.
    case japanese = "ja"
    /// Korean, by pairs of characters.
    case korean = "ko"

    /// The algorithm of libstemmer; nil where words have no endings that one could cut.
    var stemmerName: String? {
        switch self {
        case .english: "english"
        case .french: "french"
        case .spanish: "spanish"
        case .portuguese: "portuguese"
        case .italian: "italian"
        case .german: "german"
        case .dutch: "dutch"
        case .chinese, .japanese, .korean: nil
        }
    }
}
