internal import Tiers
internal import Vectors

// A pack is one object of S3, written once:
//
//     directory     count entries of 40 bytes, by ascending hash: hash 16 (big-endian), facts' offset 4,
//                   facts' length 4, vector's number 4, facts' check 4, vector's check 4, spare 4
//     facts         of each vector: key's length 4, key, metadata as JSON
//     vectors       4 bytes a dimension each
//
// Words are little-endian; offsets count from the start of their part. A deleted key has the vector number 0xFFFFFFFF
// and its key as facts. A check is the first 4 bytes of the SHA-256 of what it checks. How long the parts are says the
// manifest, so that a reader takes each part, or what it needs of it, by one ranged GET.

/// Where the parts of a pack lie, as the manifest says it.
struct PackShape: Sendable, Equatable {
    /// Of the object, below the collection's prefix.
    var name: String
    var entryCount: Int
    var factsByteCount: Int
    var vectorCount: Int
    /// SHA-256 of the directory, in hexadecimal.
    var directoryHash: String

    static let entryBytes = 40

    var directory: Range<Int> { 0..<entryCount * Self.entryBytes }
    var factsStart: Int { directory.upperBound }
    var vectorsStart: Int { factsStart + factsByteCount }
    func byteCount(dimension: Int) -> Int { vectorsStart + vectorCount * 4 * dimension }
}

/// What a directory says of a key.
struct PackEntry: Sendable, Equatable {
    static let deleted = UInt32.max

    var hash: KeyHash
    var factsOffset: Int
    var factsLength: Int
    var vector: UInt32
    var factsCheck: UInt32
    var vectorCheck: UInt32

    var isDeleted: Bool { vector == Self.deleted }
}

/// The directory of a pack in memory: 40 bytes an entry.
struct PackDirectory: Sendable {
    let shape: PackShape
    private let bytes: [UInt8]

    /// - Throws: ``ColdError/strangeAnswer(what:)`` for bytes that are not those that the manifest means, or that lead
    ///   outside of the pack.
    init(_ bytes: [UInt8], of shape: PackShape) throws(ColdError) {
        guard bytes.count == shape.directory.count, Digest.hexadecimal(Digest.sha256(bytes)) == shape.directoryHash
        else {
            throw .strangeAnswer(what: "the directory of \(shape.name) is not what its manifest says")
        }
        self.bytes = bytes
        self.shape = shape
        for position in 0..<shape.entryCount {
            let entry = self[position]
            guard entry.factsOffset + entry.factsLength <= shape.factsByteCount,
                entry.isDeleted || Int(entry.vector) < shape.vectorCount
            else { throw .strangeAnswer(what: "entry \(position) of \(shape.name) leads outside of it") }
        }
    }

    var count: Int { shape.entryCount }

    /// - Parameter position: below ``count``.
    subscript(position: Int) -> PackEntry {
        let start = position * PackShape.entryBytes
        let words = ByteReader(bytes[(start + 16)..<(start + 36)])
        return PackEntry(
            hash: hash(position), factsOffset: Int(words.word(0)), factsLength: Int(words.word(4)),
            vector: words.word(8), factsCheck: words.word(12), vectorCheck: words.word(16))
    }

    private func hash(_ position: Int) -> KeyHash {
        let start = position * PackShape.entryBytes
        return KeyHash(
            high: ByteReader(bytes[start..<(start + 8)]).bigEndian(),
            low: ByteReader(bytes[(start + 8)..<(start + 16)]).bigEndian())
    }

    func entry(of hash: KeyHash) -> PackEntry? {
        let position = firstPosition(from: hash)
        guard position < count, self.hash(position) == hash else { return nil }
        return self[position]
    }

    /// The first entry whose hash is `hash` or above; ``count`` if there is none.
    func firstPosition(from hash: KeyHash) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self.hash(middle) < hash { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A pack to be written.
struct PackWriter {
    enum Record {
        case vector(ColdVector)
        case deletion(VectorKey)

        var key: VectorKey {
            switch self {
            case .vector(let vector): vector.key
            case .deletion(let key): key
            }
        }
    }

    /// - Parameter records: each key once; vectors with their values.
    static func pack(_ records: [Record], name: String) -> (shape: PackShape, bytes: [UInt8]) {
        let sorted = records.map { (hash: KeyHash($0.key), record: $0) }.sorted { $0.hash < $1.hash }
        var directory: [UInt8] = []
        var facts: [UInt8] = []
        var vectors: [UInt8] = []
        var vectorCount: UInt32 = 0
        for (hash, record) in sorted {
            let own = Self.facts(record)
            directory.append(bigEndian: hash.high)
            directory.append(bigEndian: hash.low)
            directory.append(word: UInt32(facts.count))
            directory.append(word: UInt32(own.count))
            var values: [UInt8] = []
            if case .vector(let vector) = record {
                values = Self.bytes(of: vector.values ?? [])
                directory.append(word: vectorCount)
                vectorCount += 1
            } else {
                directory.append(word: PackEntry.deleted)
            }
            directory.append(word: Self.check(own[...]))
            directory.append(word: Self.check(values[...]))
            directory.append(word: 0)
            facts += own
            vectors += values
        }
        let shape = PackShape(
            name: name, entryCount: sorted.count, factsByteCount: facts.count, vectorCount: Int(vectorCount),
            directoryHash: Digest.hexadecimal(Digest.sha256(directory)))
        return (shape, directory + facts + vectors)
    }

    private static func facts(_ record: Record) -> [UInt8] {
        let key = Array(record.key.text.utf8)
        var bytes: [UInt8] = []
        bytes.append(word: UInt32(key.count))
        bytes += key
        if case .vector(let vector) = record, let metadata = vector.metadata, !metadata.isEmpty {
            bytes += Array(metadata.json.utf8)
        }
        return bytes
    }

    private static func bytes(of values: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * values.count)
        for value in values { bytes.append(word: value.bitPattern) }
        return bytes
    }

    static func check(_ bytes: ArraySlice<UInt8>) -> UInt32 { ByteReader(Digest.sha256(bytes)[...]).word(0) }
}

/// What the bytes of a pack mean.
enum PackReader {
    /// - Throws: ``ColdError/strangeAnswer(what:)`` for bytes that fail their check.
    static func facts(
        _ bytes: ArraySlice<UInt8>, _ entry: PackEntry
    ) throws(ColdError) -> (key: VectorKey, metadata: Metadata) {
        guard bytes.count == entry.factsLength, bytes.count >= 4, PackWriter.check(bytes) == entry.factsCheck else {
            throw .strangeAnswer(what: "a key's record in a pack fails its check")
        }
        let length = Int(ByteReader(bytes).word(0))
        let rest = bytes.dropFirst(4)
        guard length <= rest.count, let key = try? VectorKey(String(decoding: rest.prefix(length), as: UTF8.self))
        else {
            throw .strangeAnswer(what: "a key's record in a pack holds no key")
        }
        let json = rest.dropFirst(length)
        if json.isEmpty { return (key, Metadata()) }
        guard let metadata = try? Metadata(json: String(decoding: json, as: UTF8.self)) else {
            throw .strangeAnswer(what: "the metadata of key \"\(key)\" in a pack cannot be read")
        }
        return (key, metadata)
    }

    /// - Throws: the same.
    static func values(_ bytes: ArraySlice<UInt8>, _ entry: PackEntry) throws(ColdError) -> [Float] {
        guard PackWriter.check(bytes) == entry.vectorCheck else {
            throw .strangeAnswer(what: "a vector in a pack fails its check")
        }
        let reader = ByteReader(bytes)
        return (0..<bytes.count / 4).map { Float(bitPattern: reader.word(4 * $0)) }
    }
}
