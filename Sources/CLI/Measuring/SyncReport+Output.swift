import MemVec
import Vectors

extension SyncReport {
    /// One line: what was found, what it cost.
    var text: String {
        "compared \(NumberText.counted(listedCount, "vector")) in \(NumberText.seconds(seconds)): "
            + "\(NumberText.count(addedCount)) added, \(NumberText.count(changedCount)) changed, "
            + "\(NumberText.count(metadataCount)) with other metadata, "
            + "\(NumberText.count(deletedCount)) deleted, \(NumberText.count(busyCount)) being written "
            + "here; \(NumberText.counted(pageCount, "page")), "
            + "\(NumberText.counted(fetchCount, "call")) by key, $\(NumberText.fixed(dollars, 6))"
    }

    var object: JSONObject {
        [
            "listed": listedCount, "added": addedCount, "changed": changedCount,
            "metadata": metadataCount, "deleted": deletedCount, "unchanged": unchangedCount,
            "busy": busyCount, "refused": refusedCount, "pages": pageCount,
            "fetches": fetchCount, "dollars": dollars, "seconds": seconds,
        ]
    }
}
