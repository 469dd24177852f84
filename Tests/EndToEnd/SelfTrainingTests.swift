import MemVec
import Synchronization
import Testing
import Workload

@Suite("Self-training")
struct SelfTrainingTests {
    private static let dimension = 8

    @Test("a collection that is only put to trains itself, and queries and writes go on meanwhile")
    func trainsItself() async throws {
        let folder = try TemporaryFolder()
        let collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: Self.dimension, metric: .euclidean),
            options: smallMap())
        for start in stride(from: 0, to: 20_000, by: 5000) {
            #expect(try collection.statistics().index == nil)
            try await collection.put(records(start..<start + 5000))
        }
        // The last put has begun it.
        var answered = 0, written = 20_000
        while try collection.statistics().index == nil {
            let key = answered % written
            let vector = KeyedVersion(key: key, version: 0).vector(dimension: Self.dimension)
            let answer = try await collection.query(vector, k: 1)
            #expect(answer.hits.first?.key.text == "key-\(key)")
            if answered % 10 == 9, written < 24_000 {
                try await collection.put(records(written..<written + 100))
                written += 100
            }
            answered += 1
            try #require(answered < 100_000, "it does not train")
        }
        #expect(answered > 0)
        try await collection.settleTraining()
        let index = try #require(try collection.statistics().index)
        #expect(index.rowCount == written && index.training == 1)
        for key in stride(from: 0, to: written, by: written / 40) {
            let vector = KeyedVersion(key: key, version: 0).vector(dimension: Self.dimension)
            let answer = try await collection.query(vector, k: 1)
            #expect(answer.hits.first?.key.text == "key-\(key)" && answer.provenance.reason == .complete)
        }
        #expect(try await collection.verify().problems == [])
        try await collection.close()
        print("self-training: \(answered) queries and \(written - 20_000) puts while it trained")
    }

    private func records(_ keys: Range<Int>) throws -> [VectorRecord] {
        try keys.map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) }
    }
}
