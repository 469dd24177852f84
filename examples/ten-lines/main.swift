import MemVec

let fruit = try await VectorCollection.create(at: "fruit", CollectionConfiguration(dimension: 3))
try await fruit.put([
    VectorRecord(key: "apple", values: [0.9, 0.1, 0.0], metadata: Metadata(json: #"{"year": 2021}"#)),
    VectorRecord(key: "pear", values: [0.8, 0.3, 0.1], metadata: Metadata(json: #"{"year": 2024}"#)),
])
let answer = try await fruit.query([1, 0, 0], k: 2, filter: Filter(json: #"{"year": {"$gte": 2022}}"#))
for hit in answer.hits { print(hit.key, hit.distance, hit.source) }
try await fruit.close()
