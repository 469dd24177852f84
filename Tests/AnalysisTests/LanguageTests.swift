import Analysis
import Testing

@Suite("Languages")
struct LanguageTests {
    @Test("are known by the codes of S3 Vectors")
    func codes() {
        #expect(Language.allCases.map(\.rawValue) == ["en", "fr", "es", "pt", "it", "de", "nl", "zh", "ja", "ko"])
        #expect(Language(rawValue: "xx") == nil)
    }
}
