internal import FoundationEssentials
public import Vectors

/// `memvec.json`: what a collection is, in the folder's root. Written atomically, so it is whole or not there.
public struct CollectionFile: Sendable, Codable, Equatable {
    public static let name = "memvec.json"
    public static let currentFormat = 1

    public var format = currentFormat
    public var dimension: Int
    public var metric: Metric
    public var nonFilterableKeys: [String]
    /// The folder g<N> that holds the files of today.
    public var generation: UInt32 = 1
    /// Seeds the hashes of keys and fields, so that nobody can choose keys that collide.
    public var hashSeed: UInt64
    /// The remote that holds the truth; nil in a local collection.
    public var cold: String?
    public var settings: [String: String]

    public init(
        dimension: Int, metric: Metric, nonFilterableKeys: [String], hashSeed: UInt64 = .random(in: 0 ... .max),
        cold: String? = nil, settings: [String: String] = [:]
    ) {
        self.dimension = dimension
        self.metric = metric
        self.nonFilterableKeys = nonFilterableKeys
        self.hashSeed = hashSeed
        self.cold = cold
        self.settings = settings
    }

    /// - Throws: ``StorageError/notACollection(path:)``, ``StorageError/formatVersion(path:found:supported:)``, or
    ///   ``StorageError/damaged(path:what:)``.
    public static func read(folder: String) throws(StorageError) -> CollectionFile {
        let path = folder + "/" + name
        guard let bytes = try Files.read(path) else { throw .notACollection(path: folder) }
        struct Version: Codable { var format: Int }
        let file: CollectionFile
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes))
            guard version.format == currentFormat else {
                throw StorageError.formatVersion(path: path, found: version.format, supported: currentFormat)
            }
            file = try JSONDecoder().decode(CollectionFile.self, from: Data(bytes))
        } catch let error as StorageError {
            throw error
        } catch {
            throw .damaged(path: path, what: "\(Self.trouble(error)); restore it from a backup")
        }
        guard (1...4096).contains(file.dimension) else {
            throw .damaged(path: path, what: "dimension \(file.dimension) is not possible")
        }
        return file
    }

    /// What a decoder did not like, in our words.
    private static func trouble(_ error: any Error) -> String {
        func name(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "it lacks \"\(name(context.codingPath + [key]))\""
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty,
            .valueNotFound(_, let context) where !context.codingPath.isEmpty,
            .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "\"\(name(context.codingPath))\" is not what it should be"
        default: return "it is not JSON"
        }
    }

    public func write(folder: String) throws(StorageError) {
        let path = folder + "/" + Self.name
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = try [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")]
            try Files.writeAtomically(bytes, to: path)
        } catch let error as StorageError {
            throw error
        } catch {
            throw .damaged(path: path, what: "its settings cannot be written as JSON")
        }
    }

    public func generationFolder(in folder: String) -> String { "\(folder)/g\(generation)" }
}
