import Foundation
import MemVec
import Workload

/// How long and from which seed the random tests run.
enum Run {
    private static let environment = ProcessInfo.processInfo.environment
    /// `MEMVEC_FULL=1`: every count that is asked for, in place of the short ones.
    static let isFull = environment["MEMVEC_FULL"] == "1"
    /// `MEMVEC_SEED` replays; a failed test names it.
    static let seed = environment["MEMVEC_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    /// `MEMVEC_STEPS` overrides both counts, up to ten times the full one.
    static func steps(_ short: Int, full: Int) -> Int {
        environment["MEMVEC_STEPS"].flatMap { Int($0) }.map { min($0, 10 * full) } ?? (isFull ? full : short)
    }
    /// How often a child is killed: 30 times, 200 in full, or `MEMVEC_KILLS`.
    static let kills = environment["MEMVEC_KILLS"].flatMap { Int($0) } ?? (isFull ? 200 : 30)
}

/// A folder that goes with its owner, and files beside it whose names begin alike.
final class TemporaryFolder: Sendable {
    private let root = FileManager.default.temporaryDirectory.path + "/memvec-" + UUID().uuidString
    var path: String { root + "/collection" }

    init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: root) }
}

func smallMap(readOnly: Bool = false) -> OpenOptions {
    var options = OpenOptions()
    options.mapBytes = 1 << 30
    options.isReadOnly = readOnly
    return options
}

extension KeyedVersion {
    func record(dimension: Int) throws -> VectorRecord {
        try VectorRecord(key: name, values: vector(dimension: dimension), metadata: Metadata(json: metadata))
    }
}

extension VectorCollection {
    /// Every record by its key's number, with its vector.
    func everything() async throws -> [Int: VectorRecord] {
        var out: [Int: VectorRecord] = [:]
        var position: String?
        repeat {
            let page = try await list(after: position, limit: 1000, wantsVectors: true)
            for record in page.records { out[Int(record.key.text.dropFirst(4)) ?? -1] = record }
            position = page.next
        } while position != nil
        return out
    }
}
