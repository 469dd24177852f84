/// A language of full-text search, by the code that S3 Vectors uses for it.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case french = "fr"
    case spanish = "es"
    case portuguese = "pt"
    case italian = "it"
    case german = "de"
    case dutch = "nl"
    case chinese = "zh"
    case japanese = "ja"
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
