/// Stand-in.
struct HashEmbedder: Embedder {
    let dimension: Int
    var name: String { "hash:\(dimension)" }
    var longestInput: Int { 512 }
    var batchSize: Int { 256 }

    func tokenCount(_ text: String) -> Int { text.split(separator: " ").count }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        texts.map { text in
            var values = [Float](repeating: 0, count: dimension)
            values[0] = 0.01
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                var hash: UInt64 = 14_695_981_039_346_656_037
                for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
                values[Int(hash % UInt64(dimension))] += 1
            }
            return values
        }
    }
}
