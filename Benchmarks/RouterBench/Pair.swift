import Formats
import MemVec
import Storage
import Vectors

/// A collection that plays the cold store, and the one in front of it.
struct Pair {
    let near: String
    let rowCount: Int
    let dimension: Int

    /// Rows carry a number of 0 to 99, so that a filter lets any share of them through.
    static let field = "slot"

    /// How the two are made.
    struct Shape {
        var metric = Metric.euclidean
        /// Rows of the file that are taken.
        var rowLimit = Int.max
        var index = "IVF4096,PQ64"
    }

    static func make(in folder: String, base: String, _ shape: Shape = Shape()) async throws -> Pair {
        let far = folder + "/far", near = folder + "/near"
        if try Files.byteCount(folder + "/ready") == nil {
            try Files.remove(folder)
            try Files.makeFolder(folder)
            Report.line("making the two collections ...")
            let reader = try VectorFileReader(path: base)
            var behind: VectorCollection?, count = 0
            while count < shape.rowLimit, let batch = try reader.next(atMost: 10_000) {
                if behind == nil {
                    var settings = try CollectionSettings()
                    settings.autoTrain = false
                    behind = try await VectorCollection.create(
                        at: far,
                        CollectionConfiguration(dimension: batch.dimension, metric: shape.metric, settings: settings))
                }
                try await behind?.put(
                    (0..<batch.count).map { at in
                        try VectorRecord(
                            key: "\(count + at)", values: Array(batch.vector(at: at)),
                            metadata: Metadata(json: "{\"\(field)\":\((count + at) % 100)}"))
                    })
                count += batch.count
            }
            guard let behind else { throw InputError.outOfRange(name: "base", value: base, allowed: "vectors") }
            let dimension = behind.dimension
            try await behind.close()
            var settings = try CollectionSettings()
            try settings.set("index", to: shape.index)
            try settings.set("warm-budget", to: "\(Int(Double(count * (4 * dimension + 16)) * 1.5))")
            let front = try await VectorCollection.create(
                at: near,
                CollectionConfiguration(
                    dimension: dimension, metric: shape.metric, cold: "local:" + far, settings: settings))
            let report = try await front.attach()
            Report.line("attached \(report.vectorCount), trained: \(report.training != nil)")
            try await front.close()
            try Files.writeAtomically(Array("\(count) \(dimension)".utf8), to: folder + "/ready")
        }
        let said = String(decoding: try Files.read(folder + "/ready") ?? [], as: UTF8.self).split(separator: " ")
        return Pair(near: near, rowCount: Int(said[0]) ?? 0, dimension: Int(said[1]) ?? 0)
    }

    /// Opens the front one with nothing in its tiers.
    func open(_ changes: [String: String]) async throws -> VectorCollection {
        for name in ["warm", "heat", "calibration"] { try Files.remove(near + "/g1/" + name) }
        return try await reopen(changes)
    }

    /// Opens the front one as it was closed.
    func reopen(_ changes: [String: String], _ more: [String: String] = [:]) async throws -> VectorCollection {
        var options = OpenOptions()
        options.changes = ["nprobe": "32", "candidates": "200", "cold-path": "get", "warm-budget": "1MiB"]
        options.changes["simulate-latency"] = "off"
        for (name, value) in changes.merging(more, uniquingKeysWith: { $1 }) { options.changes[name] = value }
        return try await VectorCollection.open(at: near, options: options)
    }

    /// RAM for a share of the rows.
    func ramBudget(_ share: Double) -> String { "\(Int(Double(rowCount) * share) * 4 * dimension)B" }
}
