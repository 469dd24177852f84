import ArgumentParser
import MemVec

struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the collection holds, what it takes, and how good its index is.",
        discussion: """
            memvec stats news
            memvec stats news --watch 5s
            memvec stats news --json
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Print again after so long, such as 5s, until Ctrl-C.")
    var watch: String?

    func validate() throws {
        do {
            if let watch { _ = try CollectionSettings.seconds(watch, "watch") }
        } catch {
            throw ValidationError("--\(error)")
        }
    }

    func run() async throws {
        let pause = try watch.map { try CollectionSettings.seconds($0, "watch") }
        if pause != nil { Interruption.watch() }
        while true {
            // Opened anew each time: another process may have written, trained or compacted.
            try await common.withCollection(readOnly: true) { collection in
                let statistics = try collection.statistics()
                common.print(statistics.text, statistics.object)
            }
            guard let pause else { return }
            try await Self.wait(seconds: pause)
            if Interruption.isAsked { return }
            if !common.json { Terminal.print("") }
        }
    }

    /// In short steps, so that Ctrl-C is seen.
    private static func wait(seconds: Double) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end, !Interruption.isAsked {
            try await Task.sleep(for: min(.milliseconds(100), end - ContinuousClock.now))
        }
    }
}
