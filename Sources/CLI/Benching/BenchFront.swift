import Foundation
import MemVec

/// A trained collection in front of a local one, which plays the store of a load test.
///
/// Kept in the work folder with a note of what it was made from, so that another run need not train it again.
struct BenchFront {
    private let behind: String
    private let front: String
    private var note: String { front + "/made-from" }

    init(of folder: String, in work: String) {
        behind = URL(fileURLWithPath: folder).standardizedFileURL.path
        front = work + "/front"
    }

    /// Its folder.
    func make() async throws -> String {
        let (configuration, origin) = try await BenchStand.reading(behind) { collection in
            var settings = collection.settings
            settings.isMirror = false
            settings.policy = .calibrated
            settings.warmBudget = .bytes(1 << 20)
            let configuration = try CollectionConfiguration(
                dimension: collection.dimension, metric: collection.metric,
                nonFilterableKeys: collection.nonFilterableKeys, cold: "local:" + behind, settings: settings)
            let statistics = try collection.statistics()
            return (configuration, "\(behind)\n\(statistics.commitNumber) \(settings.index ?? "auto")\n")
        }
        if FileManager.default.contents(atPath: note) == Data(origin.utf8) { return front }
        if FileManager.default.fileExists(atPath: front) { try FileManager.default.removeItem(atPath: front) }
        Terminal.say("making a collection in front of \(behind) ...")
        var options = OpenOptions()
        options.readsLocalOnly = true
        let collection = try await VectorCollection.create(at: front, configuration, options: options)
        do {
            let progress = StageProgress()
            let report = try await collection.attach(training: { progress.update($0, $1) })
            if report.training == nil { _ = try await collection.train(progress: { progress.update($0, $1) }) }
            progress.finish()
        } catch {
            // The first error is the one that matters.
            try? await collection.close()
            throw error
        }
        try await collection.close()
        try Data(origin.utf8).write(to: URL(fileURLWithPath: note))
        return front
    }
}
