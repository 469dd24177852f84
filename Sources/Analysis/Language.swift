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
}
