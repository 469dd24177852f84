import ArgumentParser
import MemVec

struct Attach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a collection of an existing index: take over all that it holds, and train.",
        discussion: """
            memvec attach news s3vectors://media/news
            memvec attach near local:far
            memvec attach news s3vectors://media/news --endpoint http://127.0.0.1:8080 --yes

            The remote is listed once, page by page; nothing is written there. Every vector is kept in the warm file \
            as far as --warm-budget goes (--mirror off keeps only what queries use). After a kill or an interruption \
            the same command goes on where it was. Until it is done, queries are answered by the remote.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "s3vectors://BUCKET/INDEX, the ARN of an index, s3://BUCKET/PREFIX or local:FOLDER.")
    var address: String
    @Option(help: "Parts that are listed side by side, 1 to 16: each costs half a page more.")
    var segments = VectorCollection.listingSegments
    @Option(help: "How many vectors there are, if you know: then time and dollars are told before.")
    var expect: Int?
    @Flag(help: "Begin without asking.")
    var yes = false
    @OptionGroup(title: "Settings") var settings: SettingOptions

    func validate() throws {
        guard (1...16).contains(segments) else {
            throw ValidationError("--segments is \(segments); 1 to 16 are possible")
        }
    }

    func run() async throws {
        var options = OpenOptions()
        options.rebuildsIndex = false
        let collection = try await opened(options)
        for note in collection.openingNotes { Terminal.complain(note) }
        Interruption.watch()
        let listing = ListingLine(expected: expect)
        let stages = StageProgress()
        let report: AttachReport
        do {
            report = try await Interruption.cancelling { [segments] in
                try await collection.attach(segments: segments, progress: listing.update, training: stages.update)
            }
        } catch {
            listing.finish()
            try? await collection.close()
            let advice = "go on with: memvec attach \(common.folder) \(address)"
            if var interrupted = Interruption.asked {
                interrupted.advice = advice
                throw interrupted
            }
            Terminal.complain("\(error)")
            Terminal.complain("what was listed stays; \(advice)")
            throw Outcome.failed
        }
        listing.finish()
        stages.finish()
        try await collection.close()
        print(report)
    }

    /// The collection that is there, or a new one after the question.
    private func opened(_ options: OpenOptions) async throws -> VectorCollection {
        var options = options
        if let known = try? VectorCollection.coldAddress(of: common.folder) {
            guard known == address else {
                throw ValidationError("\(common.folder) stands in front of \(known), not of \(address)")
            }
            options.changes = settings.changes
            return try await VectorCollection.open(at: common.folder, options: options)
        }
        var chosen = try CollectionSettings()
        chosen.isMirror = true
        for (name, text) in settings.changes { try chosen.set(name, to: text) }
        let found = try await VectorCollection.look(at: address, settings: chosen)
        Terminal.say(
            "\(address): \(found.dimension) dimensions, \(found.metric.rawValue). "
                + Self.price(found, expected: expect))
        if !yes, found.pageDollars > 0 {
            guard Terminal.canAsk else {
                throw ValidationError("listing it costs money; nothing was done. Say --yes to do it")
            }
            Terminal.sayOver("Go on? Type \"yes\": ")
            guard readLine() == "yes" else {
                Terminal.say("Nothing was done.")
                throw Outcome.fine
            }
        }
        let configuration = try CollectionConfiguration(
            dimension: found.dimension, metric: found.metric, nonFilterableKeys: found.nonFilterableKeys,
            cold: address, settings: chosen)
        return try await VectorCollection.create(at: common.folder, configuration)
    }

    /// An index does not tell how many vectors it holds.
    static func price(_ found: RemoteDescription, expected: Int?) -> String {
        guard found.pageDollars > 0 else { return "Nothing is charged for listing it." }
        let perMillion = found.pageDollars * found.pages(for: 1_000_000)
        let rate =
            "Listing costs about $\(NumberText.fixed(perMillion, 3)) a million vectors (prices of \(found.priceDate))"
        guard let expected else { return rate + "; how many there are is not known before (--expect)." }
        let dollars = found.pageDollars * found.pages(for: expected)
        return rate + ": $\(NumberText.fixed(dollars, 4)) for \(NumberText.count(expected))."
    }

    private func print(_ report: AttachReport) {
        let kept = report.vectorCount == 0 ? 1 : Double(report.keptCount) / Double(report.vectorCount)
        var text =
            "attached \(NumberText.counted(report.vectorCount, "vector")) in \(NumberText.seconds(report.seconds)): "
            + "\(NumberText.counted(report.pageCount, "page")), $\(NumberText.fixed(report.dollars, 6)); "
            + "\(NumberText.percent(kept)) of the vectors are kept here"
        if let training = report.training { text += "; trained \(training.factory)" }
        if report.refusedCount > 0 {
            text +=
                "; \(NumberText.counted(report.refusedCount, "vector")) could not be taken over (zeros under cosine)"
        }
        common.print(
            text,
            [
                "vectors": report.vectorCount, "kept": report.keptCount, "refused": report.refusedCount,
                "pages": report.pageCount, "dollars": report.dollars, "seconds": report.seconds,
                "index": report.training?.factory,
            ])
    }
}

/// The line of a listing on a terminal: how far, how fast, how long, how dear.
final class ListingLine: Sendable {
    private let expected: Int?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(expected: Int?) {
        self.expected = expected
        start = clock.now
    }

    func update(_ progress: ListingProgress) {
        guard Terminal.isInteractive else { return }
        let total = expected ?? progress.expectedCount
        let text = Progress.text(
            "list", done: progress.vectorCount, total: total, seconds: (clock.now - start).seconds)
        Terminal.sayOver(text + ", $\(NumberText.fixed(progress.dollars, 6))")
    }

    func finish() { if Terminal.isInteractive { Terminal.sayOver("") } }
}
