// A collection on disk: put, query with a filter, overwrite, delete. Run it with `swift run quickstart FOLDER`.
import MemVec

@main
struct Quickstart {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: quickstart FOLDER")
            return
        }
        let collection = try await VectorCollection.create(
            at: CommandLine.arguments[1], CollectionConfiguration(dimension: 3, metric: .cosine))

        try await collection.put([
            VectorRecord(
                key: "apple", values: [0.9, 0.1, 0.0], metadata: Metadata(json: #"{"kind":"fruit","year":2021}"#)),
            VectorRecord(
                key: "pear", values: [0.8, 0.3, 0.1], metadata: Metadata(json: #"{"kind":"fruit","year":2024}"#)),
            VectorRecord(
                key: "granite", values: [0.0, 0.2, 0.9], metadata: Metadata(json: #"{"kind":"rock","year":2024}"#)),
        ])

        let answer = try await collection.query(
            [1, 0, 0], k: 2, filter: Filter(json: #"{"year":{"$gte":2022}}"#))
        for hit in answer.hits { print(hit.key, hit.distance) }

        try await collection.delete(keys: ["pear"])
        print("left:", try await collection.count())
        try await collection.close()
    }
}
