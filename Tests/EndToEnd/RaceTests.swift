import ChildProcesses
import Foundation
import MemVec
import Storage
import Synchronization
import Testing
import Workload

/// Orders of events that chance would bring about once in a year, forced by pauses at fault points.
///
/// Each runs in a process of its own: fault points are the process's.
@Suite("Races", .serialized)
struct RaceTests {
    @Test("a collection that is closed while its new index is installed opens with one that holds every row")
    func closeDuringInstall() async {
        await #expect(processExitsWith: .success) {
            try await World.run { world in
                let built = Meeting(), closing = Meeting(), installed = Meeting()
                let collection = try await world.trained(journalled: 1100)
                FaultPoint.arm("index.built") {
                    built.arrive()
                    closing.await()
                }
                // The close has written its snapshot of the old index; it goes on when the new one is installed.
                FaultPoint.arm("snapshot.naming") {
                    closing.arrive()
                    installed.await()
                }
                FaultPoint.arm("index.installed") { installed.arrive() }
                let training = Task { try await collection.train() }
                await built.arrival()
                try await collection.close()
                _ = try? await training.value
                try await world.expectSound("closed during the installation")
            }
        }
    }

    @Test("a training that outlives its collection writes nothing into the folder that another has opened")
    func trainingOutlivesClose() async {
        await #expect(processExitsWith: .success) {
            try await World.run { world in
                let built = Meeting(), reopened = Meeting()
                let collection = try await world.trained(journalled: 10)
                FaultPoint.arm("index.built") {
                    built.arrive()
                    reopened.await()
                }
                let training = Task { try await collection.train() }
                await built.arrival()
                try await collection.close()
                FaultPoint.arm("index.built", nil)
                let next = try await VectorCollection.open(at: world.folder, options: smallMap())
                try await next.train()
                reopened.arrive()
                if (try? await training.value) != nil { throw World.Wrong(what: "the late training was installed") }
                try await next.close()
                try await world.expectSound("trained past its end")
            }
        }
    }

    @Test("a row that is overwritten or deleted while a query holds it as its best candidate is not in the answer")
    func deadWhileScored() async {
        await #expect(processExitsWith: .success) {
            try await World.run { world in
                let scored = Meeting(), gone = Meeting()
                let collection = try await world.trained(journalled: 10)
                let item = KeyedVersion(key: 7, version: 0), other = KeyedVersion(key: 27, version: 0)
                let query = item.vector(dimension: World.dimension)
                FaultPoint.arm("query.scored") {
                    scored.arrive()
                    gone.await()
                }
                let asked = Task { try await collection.query(query, k: 10) }
                await scored.arrival()
                FaultPoint.arm("query.scored", nil)
                try await collection.delete(keys: [item.name])
                try await collection.put([KeyedVersion(key: other.key, version: 9).record(dimension: World.dimension)])
                let fresh = try await collection.query(query, k: 10)
                gone.arrive()
                let answer = try await asked.value
                for hits in [fresh.hits, answer.hits] {
                    if hits.count != 10 { throw World.Wrong(what: "\(hits.count) hits of 10") }
                    if hits.contains(where: { $0.key.text == item.name }) { throw World.Wrong(what: "a deleted key") }
                }
                // Overwritten while it was held: with the new vector's distance, or not at all.
                let now = KeyedVersion(key: other.key, version: 9).vector(dimension: World.dimension)
                let right = distance(.euclidean, query, now)
                for hit in answer.hits where hit.key.text == other.name && abs(Double(hit.distance) - right) > 1e-3 {
                    throw World.Wrong(what: "an overwritten vector's distance \(hit.distance), not \(right)")
                }
                try await collection.close()
            }
        }
    }

    @Test("a query that began with the old index, and writes on both sides of the swap, are answered right")
    func indexSwap() async {
        await #expect(processExitsWith: .success) {
            try await World.run { world in
                let built = Meeting(), written = Meeting(), scored = Meeting(), swapped = Meeting()
                let collection = try await world.trained(journalled: 10)
                FaultPoint.arm("index.built") {
                    built.arrive()
                    written.await()
                }
                let training = Task { try await collection.train() }
                await built.arrival()
                // The new index is built and not in use: these rows are in neither its sample nor its lists.
                let changed = (0..<40).map { KeyedVersion(key: $0 * 30, version: 50) }
                try await collection.put(changed.map { try $0.record(dimension: World.dimension) })
                try await collection.delete(keys: ["key-1", "key-31"])
                FaultPoint.arm("query.scored") {
                    scored.arrive()
                    swapped.await()
                }
                let query = KeyedVersion(key: 60, version: 50).vector(dimension: World.dimension)
                let asked = Task { try await collection.query(query, k: 5) }
                await scored.arrival()
                FaultPoint.arm("query.scored", nil)
                written.arrive()
                _ = try await training.value
                try await collection.delete(keys: ["key-61"])
                swapped.arrive()
                if try await asked.value.hits.first?.key.text != "key-60" { throw World.Wrong(what: "the late answer") }
                for item in changed {
                    let answer = try await collection.query(item.vector(dimension: World.dimension), k: 3)
                    let first = answer.hits.first
                    if first?.key.text != item.name || (first?.distance ?? 1) > 1e-3 {
                        throw World.Wrong(what: "\(item) after the swap: \(answer.hits)")
                    }
                    if answer.hits.contains(where: { ["key-1", "key-31", "key-61"].contains($0.key.text) }) {
                        throw World.Wrong(what: "a deleted key after the swap")
                    }
                }
                let report = try await collection.verify()
                if !report.isSound { throw World.Wrong(what: "\(report.problems)") }
                try await collection.close()
            }
        }
    }

    @Test("a vector that was fetched before its key was overwritten serves nobody and stays in no tier")
    func lateFill() async {
        await #expect(processExitsWith: .success) {
            try await World.run { world in
                let scored = Meeting(), overwritten = Meeting()
                let collection = try await world.coldRemote()
                let old = KeyedVersion(key: 7, version: 0), new = KeyedVersion(key: 7, version: 90)
                let query = old.vector(dimension: World.dimension)
                // Its vectors have come from the store, and are in no tier yet.
                FaultPoint.arm("query.scored") {
                    scored.arrive()
                    overwritten.await()
                }
                let asked = Task { try await collection.query(query, k: 10) }
                await scored.arrival()
                FaultPoint.arm("query.scored", nil)
                try await collection.put([new.record(dimension: World.dimension)])
                try await collection.delete(keys: ["key-27"])
                overwritten.arrive()
                let answer = try await asked.value
                if answer.provenance.coldCount == 0 { throw World.Wrong(what: "nothing was fetched") }
                let right = Float(distance(.euclidean, query, new.vector(dimension: World.dimension)))
                for _ in 0..<3 {
                    for hits in [answer.hits, try await collection.query(query, k: 10).hits] {
                        for hit in hits where hit.key.text == old.name && abs(hit.distance - right) > 1e-3 {
                            throw World.Wrong(what: "the old vector: \(hit)")
                        }
                        if hits.contains(where: { $0.key.text == "key-27" }) { throw World.Wrong(what: "a dead key") }
                        if hits.count != 10 { throw World.Wrong(what: "\(hits.count) hits") }
                    }
                }
                let found = try await collection.query(new.vector(dimension: World.dimension), k: 1)
                if found.hits.first?.key.text != new.name || found.hits[0].distance > 1e-3 {
                    throw World.Wrong(what: "the new vector is not found: \(found.hits)")
                }
                let report = try await collection.verify()
                if !report.isSound { throw World.Wrong(what: "\(report.problems)") }
                try await collection.close()
            }
        }
    }

    @Test("a creation that was killed can be made again")
    func createAgain() async throws {
        let folder = try TemporaryFolder()
        var child = ChildProcess(folder: folder.path)
        child.environment["MEMVEC_KILL_AT"] = "create.folders"
        let end = try await child.run(["write", folder.path, "1", "1"], killAfter: 20_000)
        #expect(end.wasKilled)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(left) == ["g1", "lock"], "the kill came at another place")
        let collection = try await VectorCollection.create(
            at: folder.path, CollectionConfiguration(dimension: 2), options: smallMap())
        try await collection.put([VectorRecord(key: "a", values: [1, 2])])
        try await collection.close()
        await #expect(throws: StorageError.alreadyExists(path: folder.path)) {
            try await VectorCollection.create(at: folder.path, CollectionConfiguration(dimension: 2))
        }
    }
}

/// A trained collection in a process of its own.
final class World: Sendable {
    struct Wrong: Error { let what: String }

    static let dimension = 12
    static let rowCount = 1500
    private let owner: TemporaryFolder
    var folder: String { owner.path }

    private init() throws { owner = try TemporaryFolder() }

    static func run(_ body: (World) async throws -> Void) async throws {
        let world = try World()
        try await body(world)
    }

    /// With at least so many entries behind its snapshot.
    func trained(journalled: Int) async throws -> VectorCollection {
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = .bytes(32 << 10)
        settings.index = "IVF16,PQ4"
        let collection = try await VectorCollection.create(
            at: folder, CollectionConfiguration(dimension: Self.dimension, metric: .euclidean, settings: settings),
            options: smallMap())
        try await collection.put(
            (0..<Self.rowCount).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        try await collection.train()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for key in 0..<journalled {
                let item = KeyedVersion(key: 100 + key % 1000, version: 1 + key / 1000)
                group.addTask { try await collection.put([item.record(dimension: Self.dimension)]) }
            }
            try await group.waitForAll()
        }
        return collection
    }

    /// A trained remote collection that has nothing in its tiers.
    func coldRemote() async throws -> VectorCollection {
        let far = try await VectorCollection.create(
            at: folder + ".far", CollectionConfiguration(dimension: Self.dimension, metric: .euclidean),
            options: smallMap())
        try await far.close()
        var settings = try CollectionSettings()
        settings.autoTrain = false
        settings.ramBudget = .bytes(32 << 10)
        settings.warmBudget = .bytes(1 << 20)
        settings.index = "IVF16,PQ4"
        let collection = try await VectorCollection.create(
            at: folder,
            CollectionConfiguration(
                dimension: Self.dimension, metric: .euclidean, cold: "local:" + folder + ".far", settings: settings),
            options: smallMap())
        try await collection.put(
            (0..<Self.rowCount).map { try KeyedVersion(key: $0, version: 0).record(dimension: Self.dimension) })
        try await collection.train()
        try await collection.close()
        try FileManager.default.removeItem(atPath: folder + "/g1/warm")
        try? FileManager.default.removeItem(atPath: folder + "/g1/heat")
        return try await VectorCollection.open(at: folder, options: smallMap())
    }

    func expectSound(_ when: String) async throws {
        let collection = try await VectorCollection.open(at: folder, options: smallMap())
        let report = try await collection.verify()
        let problems = report.problems + collection.openingNotes
        if !problems.isEmpty { throw Wrong(what: "\(when): \(problems)") }
        if try await collection.count() != Self.rowCount { throw Wrong(what: "\(when): rows are missing") }
        try await collection.close()
    }
}

/// One side waits until the other has been there; never for longer than half a minute.
final class Meeting: Sendable {
    private let hasArrived = DispatchSemaphore(value: 0)

    func arrive() { hasArrived.signal() }

    /// Holds up this thread.
    func await() { _ = hasArrived.wait(timeout: .now() + 30) }

    /// The same for a task, which gives its thread away.
    func arrival() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.await()
                continuation.resume()
            }
        }
    }
}
