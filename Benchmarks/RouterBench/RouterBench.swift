import Formats
import Glibc
import MemVec
import Storage
import Workload

/// Replays Zipf traffic over sift1m through a remote collection and tells, for each policy, how many queries asked the
/// cold store, for how many keys, and what recall was kept. Run by `tools/bench router`.
///
///     RouterBench FOLDER BASE.fvecs QUERY.fvecs [PART ...]
///
/// FOLDER keeps the two collections, which take minutes to make, for the next run.
@main
struct RouterBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4 else {
            Report.line("use: RouterBench FOLDER BASE.fvecs QUERY.fvecs [\(allParts.joined(separator: "|"))|descriptions ...]")
            return
        }
        let parts = arguments.count > 4 ? Array(arguments[4...]) : allParts
        let folder = arguments[1], base = arguments[2]
        let centres = try VectorFileReader.vectors(of: arguments[3], limit: 10_000)
        for part in parts {
            let (name, shape) = shape(of: part)
            let pair = try await Pair.make(in: folder + name, base: base, shape)
            switch part {
            case "main": try await MainTraffic.measure(pair, centres)
            case "seeds": for seed in [107, 108] as [UInt64] { try await MainTraffic.measure(pair, centres, seed: seed) }
            case "coarse": try await Coarse.measure(pair, centres)
            case "admissions": try await Admissions.measure(pair, centres)
            case "latency": try await Latency.measure(pair, centres)
            case "outage": try await Outage.measure(pair, centres)
            case "descriptions": try await Descriptions.measure(pair, centres)
            case "turns": try await Turns.measure(pair, centres)
            case "hot": try await HotSet.measure(pair, centres)
            case "filters": try await Filtered.measure(pair, centres)
            case "chances":
                let coarse = try await Pair.make(in: folder + "/coarse", base: base, Coarse.shape)
                try Chances.write(
                    [
                        "PQ64": try await Chances.measure(pair, centres, "1,000,000 rows, PQ64"),
                        "PQ16": try await Chances.measure(coarse, centres, "100,000 rows, PQ16", isJudged: false),
                    ], to: folder + "/chances.json")
            case "compare": try await Comparison.measure(pair, centres, report: folder + "/compare.json")
            default: Report.line("unknown part \(part)")
            }
        }
    }

    /// Of sift1m; `descriptions` has other files.
    private static let allParts = [
        "main", "seeds", "coarse", "turns", "hot", "filters", "chances", "admissions", "latency", "outage", "compare",
    ]

    /// Which pair of collections a part needs, and what its folder's name ends with.
    private static func shape(of part: String) -> (name: String, shape: Pair.Shape) {
        switch part {
        case "coarse": ("/coarse", Coarse.shape)
        case "descriptions": ("/descriptions", Descriptions.shape)
        default: ("", Pair.Shape())
        }
    }
}

/// One line of the report.
enum Report {
    /// A run takes minutes: each line is to be seen when it is there.
    static func line(_ items: String...) {
        print(items.joined(separator: " "))
        fflush(nil)
    }

    static func kept(_ isKept: Bool) -> String { isKept ? "kept   " : "MISSED " }

    static func number(_ value: Double, _ digits: Int) -> String {
        let scale = [1.0, 10, 100, 1_000, 10_000, 100_000][digits]
        let whole = Int((value * scale).rounded()), sign = whole < 0 ? "-" : ""
        guard digits > 0 else { return "\(whole)" }
        let rest = String(abs(whole) % Int(scale))
        return sign + "\(abs(whole) / Int(scale))." + String(repeating: "0", count: digits - rest.count) + rest
    }
}
