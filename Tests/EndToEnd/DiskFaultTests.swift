import ChildProcesses
import Foundation
import MemVec
import Testing
import Workload

/// A disk that is full or broken under a whole collection: whatever call it is that fails, what was acknowledged is
/// there afterwards, and nothing is there by half.
///
/// Needs `MEMVEC_FAULTS_LIBRARY`, which `tools/test` makes (tools/faults).
@Suite("Disk faults", .serialized)
struct DiskFaultTests {
    private static let library = ProcessInfo.processInfo.environment["MEMVEC_FAULTS_LIBRARY"]

    @Test(
        "a full or failing disk ends writes with an error, loses nothing acknowledged, and the folder opens again",
        arguments: ["writes:#+:ENOSPC", "writes:#+:half", "syncs:#:EIO", "any:#+:ENOSPC", "writes:#:EIO"])
    func faults(plan: String) async throws {
        let library = try #require(Self.library, "run tools/test, or set MEMVEC_FAULTS_LIBRARY=$(tools/faults/build)")
        let seed = Run.seed
        var random = SplitMix64(seed: seed)
        var failed = 0, acknowledged = 0
        for round in 0..<Run.steps(4, full: 40) {
            let folder = try TemporaryFolder()
            var child = ChildProcess(folder: folder.path)
            let at = 60 + random.below(1000)
            child.environment = [
                "LD_PRELOAD": library, "MEMVEC_FAULTS": plan.replacingOccurrences(of: "#", with: "\(at)"),
                "MEMVEC_FAULTS_PATH": "/collection/",
            ]
            let end = try await child.run(["write", folder.path, "1", "\(seed &+ UInt64(round))"], killAfter: 3000)
            let what = Comment("seed \(seed), round \(round), \(child.environment["MEMVEC_FAULTS"] ?? "")")
            let errors = try child.errors()
            // It ends by the error that it was given, or is killed by us where it could go on.
            #expect(end.wasKilled || end.signal == nil || errors.contains("Error raised"), "\(what): \(errors)")
            try #require(end.exitCode != 97, "the plan is wrong")
            if !end.wasKilled { failed += 1 }
            let log = KeyedModel.read(log: try child.output())
            var model = KeyedModel()
            for operation in log.done { model.apply(operation) }
            acknowledged += log.done.count
            guard FileManager.default.fileExists(atPath: folder.path + "/memvec.json") else {
                #expect(log.done.isEmpty, what)
                continue
            }
            let collection = try await VectorCollection.open(at: folder.path, options: smallMap())
            let touched = Set(log.inFlight.flatMap(\.keys)), found = try await collection.everything()
            for (key, entry) in model.entries where !touched.contains(key) {
                let item = KeyedVersion(key: key, version: entry.vector)
                #expect(found[key]?.values == item.vector(dimension: 16), "\(what): \(item)")
            }
            for key in found.keys where model.entries[key] == nil {
                #expect(touched.contains(key), "\(what): key \(key) was never acknowledged, or was deleted")
            }
            #expect(try await collection.verify().problems == [], what)
            try await collection.close()
        }
        print("disk faults \(plan): seed \(seed), \(failed) writers failed, \(acknowledged) operations acknowledged")
        #expect(acknowledged > 0)
    }
}
