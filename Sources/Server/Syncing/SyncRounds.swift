internal import MemVec
internal import S3Vectors

/// Compares all indexes that stand in front of a remote with it, one after the other, round after round. An index that
/// is not open is opened for it.
struct SyncRounds: Sendable {
    let catalog: Catalog
    let metrics: SyncMetrics
    let schedule: SyncSchedule

    /// Goes on until its task is cancelled; a listing that is under way ends at its next page.
    func run() async {
        let clock = ContinuousClock()
        var pause = schedule.interval * Double.random(in: 0...0.1)
        while true {
            do { try await clock.sleep(for: pause) } catch { return }
            let began = clock.now
            await round()
            pause = max(.zero, schedule.interval * Double.random(in: 0.9...1) - (clock.now - began))
        }
    }

    /// Compares each once.
    func round() async {
        var names: Set<IndexName> = []
        for bucket in catalog.bucketNames() {
            for index in catalog.indexNames(in: bucket) {
                let name = IndexName(bucket: bucket, index: index)
                guard !Task.isCancelled, (try? VectorCollection.coldAddress(of: catalog.path(name))) != nil else {
                    continue
                }
                names.insert(name)
                await sync(name)
            }
        }
        guard !Task.isCancelled else { return }
        metrics.forget(allBut: names)
    }

    private func sync(_ name: IndexName) async {
        let result: Result<SyncReport, any Error>
        do {
            result = .success(try await catalog.withIndex(name) { try await $0.collection.sync() })
        } catch let error as ServiceError where error == .noIndex {
            return
        } catch {
            // The server stops: that is no failure of the remote.
            guard !Task.isCancelled else { return }
            result = .failure(error)
        }
        let event = SyncEvent(name: name, result: result)
        metrics.note(event)
        schedule.tell(event)
    }
}
