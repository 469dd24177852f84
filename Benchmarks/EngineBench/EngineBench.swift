import MemVec
import Storage

/// Measures the engine's bars and says which are kept. Run by `tools/bench engine`.
///
///     EngineBench FOLDER BASE.fvecs QUERY.fvecs
///     EngineBench FOLDER text DEBTEXT-FOLDER
///     EngineBench COLLECTION beside QUERY.fvecs
///
/// FOLDER is made and left empty; it must lie on the disk that is meant.
@main
struct EngineBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            print("use: EngineBench FOLDER BASE.fvecs QUERY.fvecs, or EngineBench FOLDER text DEBTEXT-FOLDER")
            return
        }
        let folder = arguments[1]
        if arguments[2] == "beside" { return try await RerankBeside.measure(folder, queries: arguments[3]) }
        if arguments[2] == "text" { return try await TextSearch.measure(in: folder, data: arguments[3]) }
        try await DurablePuts.measure(in: folder + "/puts")
        try TierLookups.measure(in: folder + "/lookups")
        try await Filters.measure(in: folder + "/filters", base: arguments[2], queries: arguments[3])
        try await CacheShare.measure(in: folder + "/filters", queries: arguments[3])
        try Files.remove(folder)
    }
}

/// One line of the report.
enum Report {
    static func line(_ what: String, _ value: Double, _ unit: String, bar: String, isKept: Bool) {
        let rounded = (value * 1000).rounded() / 1000
        print("\(isKept ? "kept   " : "MISSED ") \(what): \(rounded) \(unit) (bar: \(bar))")
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }

    /// What `body` takes, in milliseconds.
    static func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let took = try ContinuousClock().measure(body).components
        return Double(took.seconds) * 1e3 + Double(took.attoseconds) * 1e-15
    }
}
