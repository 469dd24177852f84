/// Feature hashing (Weinberger and others, 2009, arXiv 0902.2206): each word, and each three letters of it, adds to or
/// takes from one of the dimensions. It needs no model, and matches words, not meaning: a question finds passages that
/// share its words or parts of them.
struct HashEmbedder: Embedder {
    static let usualDimension = 384

    let dimension: Int
    var name: String { "hash:\(dimension)" }
    let longestInput = 4096
    let batchSize = 512
    /// A whole word says more than a part of it.
    private static let wordWeight: Float = 1, partWeight: Float = 0.3

    func tokenCount(_ text: String) -> Int {
        var count = 0, isInWord = false
        for byte in text.utf8 {
            let isWord = Self.isWord(byte)
            if isWord, !isInWord { count += 1 }
            isInWord = isWord
        }
        return count
    }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        texts.map { text in
            var sum = [Float](repeating: 0, count: dimension), word: [UInt8] = []
            let lower = text.utf8.allSatisfy { $0 < 0x80 } ? text : text.lowercased()
            for byte in lower.utf8 {
                if Self.isWord(byte) {
                    word.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
                } else if !word.isEmpty {
                    add(word, to: &sum)
                    word.removeAll(keepingCapacity: true)
                }
            }
            if !word.isEmpty { add(word, to: &sum) }
            return UnitVector.scaled(sum)
        }
    }

    private func add(_ word: [UInt8], to sum: inout [Float]) {
        add(word[...], Self.wordWeight, to: &sum)
        guard word.count > 3 else { return }
        for start in 0...word.count - 3 { add(word[start..<start + 3], Self.partWeight, to: &sum) }
    }

    private func add(_ bytes: ArraySlice<UInt8>, _ weight: Float, to sum: inout [Float]) {
        // FNV-1a, mixed: its low bits alone are poor.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 31) &* 0x9E37_79B9_7F4A_7C15
        let place = Int((hash >> 33) % UInt64(dimension))
        sum[place] += hash & 1 == 0 ? weight : -weight
    }

    /// Letters and digits of ASCII, and all beyond it.
    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || UTF8Text.isLetter(byte) || UTF8Text.isDigit(byte)
    }
}
