internal import Vectors

/// Joins the characters of a text two by two, as often as its list of pairs allows, the first pair of the list first:
/// byte pair encoding (Sennrich and others, 2016, arXiv 1508.07909), in SentencePiece's form that Llama 2 uses.
///
/// A text is one word, with `▁` for its blanks and at its start. A character that has no token becomes those of its
/// bytes.
struct BytePairs: TextTokenizer {
    let count: Int
    let meaninglessID: Int32?

    private struct Joined {
        let rank: Int32
        let id: Int32
    }
    /// By the code point.
    private let characters: [UInt32: Int32]
    /// By the byte; empty where there are none.
    private let byteTokens: [Int32]
    /// By the ids of left and right.
    private let pairs: [UInt64: Joined]
    private let preparation: BytePairPreparation

    /// - Parameters:
    ///   - file: all of tokenizer.json.
    ///   - vocabulary: the tokens by their ids.
    ///   - path: where they are from, for an error.
    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``, also where it asks for what is not done here.
    init(_ file: JSONValue, vocabulary: [[UInt8]], path: String) throws(EmbedderError) {
        func bad(_ problem: String) -> EmbedderError { .badModel(path: path, problem: problem, advice: "") }
        let model = file["model"] ?? .null
        for name in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
            guard [.null, .string(""), nil].contains(model[name]) else { throw bad("its model has a \(name)") }
        }
        guard [.boolean(false), .null, nil].contains(model["ignore_merges"]) else {
            throw bad("its model has ignore_merges")
        }
        guard vocabulary.count < 1 << 24 else { throw bad("its vocabulary has \(vocabulary.count) tokens") }
        guard let preparation = BytePairPreparation(file) else {
            throw bad("its normalizer or pre_tokenizer is none that Llama 2's kind has")
        }
        self.preparation = preparation
        var ids: [[UInt8]: Int32] = [:], characters: [UInt32: Int32] = [:]
        for (id, token) in vocabulary.enumerated() {
            ids[token] = Int32(id)
            let scalars = String(decoding: token, as: UTF8.self).unicodeScalars
            if scalars.count == 1, let scalar = scalars.first { characters[scalar.value] = Int32(id) }
        }
        pairs = try Self.pairs(model["merges"], ids, path)
        var unknown: Int32?
        if case .string(let token)? = model["unk_token"] {
            guard let id = ids[Array(token.utf8)] else { throw bad("its unk_token is not in its vocabulary") }
            unknown = id
        }
        let bytes = (0..<256).compactMap { ids[Self.name(ofByte: UInt8($0))] }
        byteTokens = model["byte_fallback"] == .boolean(true) && bytes.count == 256 ? bytes : []
        meaninglessID = byteTokens.isEmpty ? unknown : nil
        self.characters = characters
        count = vocabulary.count
    }

    private static func name(ofByte byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] + Array(">".utf8)
    }

    /// Each is written as two tokens with a blank between, or as an array of the two.
    private static func pairs(
        _ value: JSONValue?, _ ids: [[UInt8]: Int32], _ path: String
    ) throws(EmbedderError) -> [UInt64: Joined] {
        guard case .array(let items)? = value else {
            throw .badModel(path: path, problem: "its model has no merges", advice: "")
        }
        var pairs: [UInt64: Joined] = [:]
        for (rank, item) in items.enumerated() {
            var parts: [[UInt8]] = []
            if case .string(let text) = item { parts = text.utf8.split(separator: 0x20).map { Array($0) } }
            if case .array(let two) = item {
                parts = two.compactMap { if case .string(let text) = $0 { Array(text.utf8) } else { nil } }
            }
            guard parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
                let joined = ids[parts[0] + parts[1]]
            else {
                throw .badModel(path: path, problem: "merge \(rank) is none of two of its tokens", advice: "")
            }
            pairs[key(left, right)] = Joined(rank: Int32(rank), id: joined)
        }
        return pairs
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    func ids(_ text: String) -> [Int32] {
        guard !text.isEmpty else { return [] }
        var chain = TokenChain(characterIDs(preparation.prepared(text)))
        chain.join { left, right in
            pairs[Self.key(left, right)].map { (Int($0.rank), $0.id) }
        }
        return chain.ids
    }

    private func characterIDs(_ scalars: some Sequence<Unicode.Scalar>) -> [Int32] {
        var ids: [Int32] = []
        var followsUnknown = false
        for scalar in scalars {
            if let id = characters[scalar.value] {
                ids.append(id)
                followsUnknown = false
            } else if !byteTokens.isEmpty {
                for byte in String(scalar).utf8 { ids.append(byteTokens[Int(byte)]) }
            } else if let meaninglessID, !followsUnknown {
                // Several that follow one another are one.
                ids.append(meaninglessID)
                followsUnknown = true
            }
        }
        return ids
    }
}

/// Tokens one after another, any two neighbours of which may become one.
private struct TokenChain {
    private var tokens: [Int32]
    /// Of those that are still there, where the neighbours are; -1 at the ends.
    private var previous: [Int32], next: [Int32]

    init(_ ids: [Int32]) {
        tokens = ids
        previous = ids.indices.map { Int32($0) - 1 }
        next = ids.indices.map { $0 + 1 < ids.count ? Int32($0) + 1 : -1 }
    }

    /// What is left.
    var ids: [Int32] { tokens.filter { $0 >= 0 } }

    /// - Parameter pair: rank and id of what two tokens become; nil where they stay two.
    mutating func join(_ pair: (Int32, Int32) -> (rank: Int, id: Int32)?) {
        // The lowest rank first, and of equal ones the leftmost.
        var waiting = Heap()
        func offer(_ left: Int32, _ right: Int32) {
            guard left >= 0, right >= 0, let found = pair(tokens[Int(left)], tokens[Int(right)]) else { return }
            waiting.insert(UInt64(found.rank) << 32 | UInt64(left))
        }
        for left in tokens.indices.dropLast() { offer(Int32(left), Int32(left) + 1) }
        while let first = waiting.removeFirst() {
            let left = Int(first & 0xFFFF_FFFF)
            // What was offered may have become something else meanwhile.
            guard tokens[left] >= 0, next[left] >= 0, let found = pair(tokens[left], tokens[Int(next[left])]),
                UInt64(found.rank) == first >> 32
            else { continue }
            let right = Int(next[left])
            tokens[left] = found.id
            tokens[right] = -1
            next[left] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
            offer(previous[left], Int32(left))
            offer(Int32(left), next[left])
        }
    }
}

/// Numbers, the least of which comes out first.
private struct Heap {
    private var values: [UInt64] = []

    mutating func insert(_ value: UInt64) {
        values.append(value)
        var at = values.count - 1
        while at > 0, values[(at - 1) / 2] > values[at] {
            values.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    mutating func removeFirst() -> UInt64? {
        guard let first = values.first else { return nil }
        let last = values.removeLast()
        if values.isEmpty { return first }
        values[0] = last
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < values.count && values[child] < values[least] {
                least = child
            }
            if least == at { return first }
            values.swapAt(at, least)
            at = least
        }
    }
}
