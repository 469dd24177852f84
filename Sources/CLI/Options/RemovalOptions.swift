import ArgumentParser
import MemVec
import Vectors

/// How a collection's folder is removed: looked at first, asked for, said.
struct RemovalOptions: ParsableArguments {
    @Flag(help: "Only say what would go.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false

    /// - Parameter beside: what is said of the loss beside its size, such as what stays.
    func remove(_ common: CommonOptions, beside: String = "") async throws {
        let there = try await VectorCollection.drop(at: common.folder, reallyRemove: false)
        let loss =
            "\(common.folder): \(NumberText.counted(there.vectorCount, "vector")), "
            + NumberText.bytes(there.byteCount) + beside
        if dryRun {
            common.print("would remove \(loss)", Self.object(there, removed: false))
            return
        }
        guard try Confirmation.ask(loss: loss, word: common.folder, isGiven: yes) == .goOn else { return }
        let gone = try await VectorCollection.drop(at: common.folder, reallyRemove: true)
        common.print("removed \(loss)", Self.object(gone, removed: true))
    }

    private static func object(_ report: DropReport, removed: Bool) -> JSONObject {
        ["vectors": report.vectorCount, "bytes": report.byteCount, "removed": removed]
    }
}
