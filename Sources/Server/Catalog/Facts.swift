internal import FoundationEssentials
internal import Glibc
internal import S3Vectors
internal import Storage

/// What the service knows of a bucket: ROOT/BUCKET/bucket.json.
struct BucketFacts: Codable, Equatable, Sendable {
    static let fileName = "bucket.json"

    var format = 1
    /// Seconds since 1970.
    var creationTime: Double
    var encryption: EncryptionConfiguration
    var defaultIndexMode = IndexMode.enhanced
    /// As the client wrote it.
    var policy: String?
    var tags = TagSet()
}

extension BucketFacts {
    /// Of a folder that no client made: what a client gets that asks for nothing, and the time that the folder has.
    init(ofFolder path: String) {
        var info = stat()
        let isThere = unsafe stat(path, &info) == 0
        self.init(
            creationTime: isThere ? Double(info.st_mtim.tv_sec) : 0,
            encryption: EncryptionConfiguration(sseType: "AES256", kmsKeyArn: nil))
    }
}

/// What the service knows of an index beside its collection: ROOT/BUCKET/INDEX/index.json.
struct IndexFacts: Codable, Equatable, Sendable {
    static let fileName = "index.json"

    var format = 1
    /// Seconds since 1970.
    var creationTime: Double
    var encryption: EncryptionConfiguration
    var indexMode = IndexMode.enhanced
    var tags = TagSet()
}

/// Facts as files: small JSON for people, written atomically.
enum FactsFile {
    /// Nil when there is no file.
    /// - Throws: `StorageError/damaged` for what is not such a file.
    static func read<Facts: Decodable>(_ path: String) throws(StorageError) -> Facts? {
        guard let bytes = try Files.read(path) else { return nil }
        do {
            return try JSONDecoder().decode(Facts.self, from: Data(bytes))
        } catch {
            throw .damaged(path: path, what: "it is not the JSON that `memvec serve` writes: \(error)")
        }
    }

    static func write(_ facts: some Encodable, to path: String) throws(StorageError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try encoder.encode(facts)) + [UInt8(ascii: "\n")]
        } catch {
            throw .damaged(path: path, what: "its content cannot be written as JSON: \(error)")
        }
        try Files.writeAtomically(bytes, to: path)
    }
}
