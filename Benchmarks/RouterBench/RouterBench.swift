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
            Report.line("use: RouterBench FOLDER BASE.fvecs QUERY.fvecs [main|turns|hot|filters|chances|compare ...]")
            return
        }
        let parts = arguments.count > 4 ? Array(arguments[4...]) : ["main", "turns", "hot", "filters", "chances", "compare"]
        let pair = try await Pair.make(in: arguments[1], base: arguments[2])
        let centres = try VectorFileReader.vectors(of: arguments[3], limit: 10_000)
        for part in parts {
            switch part {
            case "main": try await MainTraffic.measure(pair, centres)
            case "turns": try await Turns.measure(pair, centres)
            case "hot": try await HotSet.measure(pair, centres)
            case "filters": try await Filtered.measure(pair, centres)
            case "chances": try await Chances.measure(pair, centres)
            case "compare": try await Comparison.measure(pair, centres)
            default: Report.line("unknown part \(part)")
            }
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
