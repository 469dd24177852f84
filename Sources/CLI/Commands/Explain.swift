import ArgumentParser
import MemVec
import Vectors

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One query told step by step: candidates, chances, what was fetched and why, time and money.",
        discussion: """
            memvec explain films --key film-17
            memvec explain films --vector '[0.1, 0.2, 0.3]' --json

            The query is answered as `memvec query` would answer it, and counts as no use. Each line is a candidate, \
            nearest first: its distance, or the index's estimate in brackets where it was left out, where it was, its \
            chance to be among the nearest as it was seen before anything was fetched, and its key.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var asked: VectorChoice
    @OptionGroup var choices: QueryChoices
    @Option(help: "Candidates to print; all with --json.")
    var rows = 20

    func validate() throws {
        guard asked.count == 1 else { throw ValidationError("give one of --vector and --key") }
    }

    func run() async throws {
        try await common.withAskedCollection { collection in
            var options = try choices.options(for: collection)
            options.isExplained = true
            options.countsAsUse = false
            let answer = try await collection.query(
                try await asked.values(in: collection), k: choices.k, options: options)
            if common.json {
                Terminal.print(answer.told)
                return
            }
            guard let explanation = answer.explanation else {
                Terminal.print(
                    answer.provenance.reason == .exact
                        ? "a scan: every vector was scored, there is nothing to decide"
                        : "nothing was decided: what is missing was not asked for, or did not come")
                return Terminal.print(answer.provenance.text)
            }
            for line in explanation.lines(answer.provenance, k: choices.k, rows: rows) { Terminal.print(line) }
        }
    }
}

extension Explanation {
    func lines(_ provenance: Provenance, k: Int, rows: Int) -> [String] {
        var lines = [
            "index      \(candidates.count) candidates from \(NumberText.counted(provenance.nprobe, "list")) in "
                + Self.time(provenance.time.index)
                + (depth < candidates.count ? "; \(depth) are worth a look" : ""),
            "at hand    \(provenance.ramCount) in RAM, \(provenance.warmCount) on the SSD, "
                + "\(provenance.missingCount) nowhere; scored in " + Self.time(provenance.time.lookup),
        ]
        if provenance.missingCount > 0 { lines.append("decision   " + decision(provenance, k)) }
        if provenance.cold.requestCount > 0 {
            let use = provenance.cold
            lines.append(
                "store      \(NumberText.counted(use.requestCount, "request")), "
                    + "\(NumberText.counted(use.keyCount, "key")), $\(NumberText.fixed(use.dollars, 7)) in "
                    + Self.time(provenance.time.cold))
        }
        lines.append(
            "answer     \(provenance.reason.rawValue) in \(Self.time(provenance.time.total))"
                + (provenance.expectedRecall.map { ", expected recall \(NumberText.fixed($0, 4))" } ?? ""))
        lines.append("")
        let nearest = candidates.sorted { ($0.distance ?? $0.estimate) < ($1.distance ?? $1.estimate) }
        lines += nearest.prefix(rows).map(\.line)
        if candidates.count > rows { lines.append("... \(candidates.count - rows) more (--rows)") }
        return lines
    }

    private func decision(_ provenance: Provenance, _ k: Int) -> String {
        guard let expectedLoss else {
            return provenance.isCalibrating
                ? "calibrating: all that is missing is wanted until audits are enough" : "\(wantedCount) are wanted"
        }
        let loss = "without the store \(NumberText.fixed(100 * expectedLoss, 2)) % of the \(k) nearest are lost"
        guard let level, level > 0 else { return loss + "; all that is missing is wanted until audits are enough" }
        let limit = "\(NumberText.fixed(100 * level, 2)) % are allowed to one query"
        guard wantedCount > 0 else { return "\(loss), \(limit): it is left alone" }
        var text = "\(loss), \(limit): the likeliest \(wantedCount) are wanted"
        if let fetchDollars, let queryDollars {
            text +=
                "; to fetch them costs $\(NumberText.fixed(fetchDollars, 7)), an answer of the store "
                + "$\(NumberText.fixed(queryDollars, 7))"
        }
        return text
    }

    private static func time(_ nanoseconds: UInt64) -> String {
        "\(NumberText.fixed(Double(nanoseconds) / 1e6, 3)) ms"
    }
}

extension Explanation.Candidate {
    fileprivate var line: String {
        let shown = distance.map { "\($0)" } ?? "(\(estimate))"
        let chance = chance.map { "\(NumberText.fixed(100 * $0, 2)) %" } ?? ""
        return "\(isHit ? "*" : " ")\t\(shown)\t\(place.rawValue)\t\(chance)\t\(key?.text ?? "(gone)")"
    }
}
