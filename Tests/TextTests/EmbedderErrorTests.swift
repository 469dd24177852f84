import Testing
import Text

@Suite("Errors of embedders and sources")
struct EmbedderErrorTests {
    @Test("say what to do")
    func descriptions() {
        #expect("\(EmbedderError.unknown("bert"))".contains("no embedder is called 'bert': use minilm"))
        let absent = EmbedderError.badModel(path: "/models/x", problem: "no such file", advice: "run tools/models")
        #expect("\(absent)" == "the model at /models/x cannot be used: no such file; run tools/models")
        let broken = SourceError.broken(path: "a.xml", place: "line 3, column 7", problem: "mismatched tag")
        #expect("\(broken)" == "a.xml, line 3, column 7: mismatched tag")
    }
}
