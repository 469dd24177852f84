import Synchronization
import Testing
import Workload

@testable import Text

@Suite("an embedder that remembers")
struct CachedEmbedderTests {
    @Test("asks for a text once, also within a call, and keeps the texts' order and forms apart")
    func once() async throws {
        let base = LetterEmbedder()
        let embedder = CachedEmbedder(base, byteBudget: 1 << 20)
        let texts = ["one", "two", "one", "", "two"]
        let wanted = try await LetterEmbedder().embed(texts, as: .query)
        #expect(try await embedder.embed(texts, as: .passage) == wanted)
        #expect(base.counted.withLock { $0 } == ["one": 1, "two": 1, "": 1])
        let more = ["three", "two", "e\u{301}", "é"]
        #expect(try await embedder.embed(more, as: .passage) == LetterEmbedder().embed(more, as: .query))
        // The last two are the same to Unicode and not the same to an embedder.
        #expect(base.embeddedCount == 6)
        #expect(try await embedder.embed(texts, as: .query) == wanted)
        #expect(try await embedder.embed(texts, as: .passage) == wanted && base.embeddedCount == 6)
        #expect(embedder.name == "letters" && embedder.dimension == 16 && embedder.batchSize == 8)
    }

    @Test("gives up what was asked for least lately, and is within its bytes after every step, as a list would have it")
    func least() {
        var generator = SplitMix64(seed: Seed.of("CachedEmbedderTests.least"))
        let budget = 3000
        var vectors = RecentVectors(byteBudget: budget)
        var model: [(text: String, vector: [Float])] = []
        func size(_ text: String, _ vector: [Float]) -> Int { 200 + text.utf8.count + 4 * vector.count }
        for step in 0..<Seed.steps(5000) {
            let text = String(repeating: "x", count: .random(in: 0..<30, using: &generator))
            let key = RecentVectors.Key(text, .query)
            let place = model.firstIndex { $0.text == text }
            if Bool.random(using: &generator) {
                #expect(vectors.take(key) == place.map { model[$0].vector })
                if let place { model.append(model.remove(at: place)) }
            } else {
                let vector = [Float](repeating: Float(step), count: .random(in: 0..<900, using: &generator))
                vectors.keep(vector, for: key)
                if let place { model.remove(at: place) }
                if size(text, vector) <= budget {
                    model.append((text, vector))
                    while model.reduce(0, { $0 + size($1.text, $1.vector) }) > budget { model.removeFirst() }
                }
            }
            #expect(vectors.byteCount == model.reduce(0) { $0 + size($1.text, $1.vector) })
            #expect(vectors.byteCount <= budget)
        }
    }
}
