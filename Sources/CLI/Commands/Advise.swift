import ArgumentParser
import MemVec
import Vectors

struct Advise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What more or less RAM and SSD would change, for the traffic that was seen.",
        discussion: """
            memvec advise news
            memvec advise news --steps 1,10 --json

            Foretold from the heat of the rows and from what queries were lately like: where hits came from, how long \
            queries took, what was fetched and at what price. It holds for traffic like that, once the tiers have \
            filled. Where another process has the collection open, what that saved last counts (once a minute).
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Steps up and down, in percent of the vectors.")
    var steps = "1,5,20"

    func validate() throws { _ = try shares }

    private var shares: [Double] {
        get throws {
            try steps.split(separator: ",", omittingEmptySubsequences: false).map { text in
                guard let share = Double(text), share > 0, share <= 100 else {
                    throw ValidationError("--steps: \"\(text)\"; more than 0, up to 100 are possible")
                }
                return share / 100
            }
        }
    }

    func run() async throws {
        try await common.withCollection(readOnly: true) { collection in
            let advice = try collection.advice()
            guard advice.isPossible else {
                Terminal.complain(
                    "\(common.folder) has seen \(NumberText.count(Int(advice.traffic.queries))) queries that count as "
                        + "use; 100 are needed, of a process that writes it, such as memvec serve")
                throw Outcome.failed
            }
            let rows = try rows(advice)
            common.print(text(advice, rows), object(advice, rows))
        }
    }

    private struct Row {
        let name: String
        let outlook: Advice.Outlook
    }

    private func rows(_ advice: Advice) throws -> [Row] {
        let shares = try shares.sorted(), signed = shares.reversed().map { -$0 } + shares
        func step(_ rows: Int, _ share: Double) -> Int? {
            let moved = rows + Int(share * Double(advice.rowCount))
            // Past an end there is nothing more to say.
            return moved > 0 && moved < advice.rowCount + Int(abs(share) * Double(advice.rowCount)) ? moved : nil
        }
        func name(_ share: Double, _ what: String) -> String {
            "\(what) \(share > 0 ? "+" : "-")\(BenchCell.percent(100 * abs(share)))"
        }
        var out = [
            Row(name: "as it is", outlook: advice.outlook(ramRows: advice.ramRows, warmRows: advice.warmRows))
        ]
        for share in signed {
            guard let moved = step(advice.ramRows, share) else { continue }
            out.append(
                Row(name: name(share, "RAM"), outlook: advice.outlook(ramRows: moved, warmRows: advice.warmRows)))
        }
        for share in signed where advice.isRemote {
            guard let moved = step(advice.warmRows, share) else { continue }
            out.append(
                Row(name: name(share, "SSD"), outlook: advice.outlook(ramRows: advice.ramRows, warmRows: moved)))
        }
        return out
    }

    private func text(_ advice: Advice, _ rows: [Row]) -> String {
        var head = ["", "RAM", "hits: RAM", "SSD"]
        if advice.isRemote { head += ["S3", "SSD size", "no S3", "keys/query", "$/million"] }
        var lines = [head + ["mean ms", "p50 ms"]]
        for row in rows {
            let outlook = row.outlook
            var line = [
                row.name, NumberText.bytes(outlook.ramBytes), NumberText.percent(outlook.ramShare),
                NumberText.percent(outlook.warmShare),
            ]
            if advice.isRemote {
                line += [
                    NumberText.percent(outlook.coldShare), NumberText.bytes(outlook.warmBytes),
                    NumberText.percent(outlook.localShare), NumberText.fixed(outlook.keysPerQuery, 1),
                    NumberText.fixed(outlook.dollarsPerMillion, 2),
                ]
            }
            lines.append(
                line + [
                    NumberText.fixed(outlook.meanMilliseconds, 2), NumberText.fixed(outlook.middleMilliseconds, 2),
                ])
        }
        let basis =
            "\(NumberText.count(advice.rowCount)) vectors of \(NumberText.bytes(advice.vectorBytes)); foretold from "
            + "the last \(NumberText.count(Int(advice.traffic.queries))) queries"
        return basis + "\n\n" + AlignedText.table(lines)
    }

    private func object(_ advice: Advice, _ rows: [Row]) -> JSONObject {
        [
            "rows": advice.rowCount, "vectorBytes": advice.vectorBytes, "queriesSeen": advice.traffic.queries,
            "outlooks": rows.map { row -> JSONObject in
                [
                    "name": row.name, "ramRows": row.outlook.ramRows, "ramBytes": row.outlook.ramBytes,
                    "warmRows": row.outlook.warmRows, "warmBytes": row.outlook.warmBytes, "ram": row.outlook.ramShare,
                    "warm": row.outlook.warmShare, "cold": row.outlook.coldShare,
                    "withoutCold": row.outlook.localShare, "keysPerQuery": row.outlook.keysPerQuery,
                    "dollarsPerMillion": row.outlook.dollarsPerMillion,
                    "meanMilliseconds": row.outlook.meanMilliseconds, "p50Milliseconds": row.outlook.middleMilliseconds,
                ]
            },
        ]
    }
}
