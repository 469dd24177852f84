import Foundation
import Testing
import Vectors

@testable import Storage

/// A folder of its own, removed at the end.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/memvec-" + UUID().uuidString
    init() throws { try Files.makeFolder(path) }
    deinit { try? Files.remove(path) }

    var data: String { path + "/" + Store.fileName }
}

func openStore(
    _ path: String, dimension: Int = 3, holdsVectors: Bool = true, readOnly: Bool = false, mapBytes: Int = 1 << 30,
    keyHashMask: UInt64 = .max
) throws -> Store {
    let isThere = try Files.byteCount(path + "/" + Store.fileName) != nil
    return try Store(
        folder: path, shape: .init(dimension: dimension, holdsVectors: holdsVectors, generation: 1, hashSeed: 7),
        access: readOnly ? .readOnly : isThere ? .readWrite : .create, mapBytes: mapBytes, keyHashMask: keyHashMask)
}

func makePut(_ key: String, _ values: [Float], metadata: Metadata = Metadata(), in store: Store) throws
    -> StoreWriter.Put
{
    StoreWriter.Put(
        key: try VectorKey(key), values: values, fingerprint: Fingerprint(of: values),
        encodedMetadata: metadata.encoded, postings: store.postings(of: metadata, nonFilterable: ["hidden"]))
}

extension Store {
    /// Puts `count` rows with keys `prefix0`, ..., in one transaction.
    func fill(_ count: Int, prefix: String = "k") throws {
        let dimension = shape.dimension
        let puts = try (0..<count).map { i in
            try makePut(
                "\(prefix)\(i)", (0..<dimension).map { Float(i * dimension + $0) },
                metadata: try Metadata(json: "{\"n\":\(i),\"name\":\"\(prefix)\(i)\"}"), in: self)
        }
        try write { writer in
            let first = try writer.putMany(puts).first
            if let first { try writer.append(.added(first: first, count: count, codes: nil)) }
        }
    }

    func expectSound(_ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = try verify(nonFilterable: ["hidden"])
        #expect(report.problems == [], "\(comment)", sourceLocation: sourceLocation)
    }

    func keys() throws -> Set<String> {
        try read { reader in
            var keys: Set<String> = []
            _ = try reader.forEachLiveRow(from: Row(0), limit: .max) { _, record, _ in keys.insert(record.key.text) }
            return keys
        }
    }
}

/// The code of the error that `body` throws; nil when it throws none.
func errorCode(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? StorageError)?.code ?? "\(error)"
    }
}
