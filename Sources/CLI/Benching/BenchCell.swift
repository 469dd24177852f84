import ArgumentParser
import MemVec

/// One setting of a load test.
struct BenchCell: Sendable {
    /// Of the vectors, as many as RAM has room for.
    var cachePercent: Double
    /// Nil: as the index's recall curve says.
    var candidates: Int?
    /// Nil: as the collection is set.
    var policy: PolicyName?

    var name: String {
        var parts = [Self.percent(cachePercent) + " in RAM"]
        if let candidates { parts.append("\(candidates) candidates") }
        if let policy { parts.append(policy.description) }
        return parts.joined(separator: ", ")
    }

    static func percent(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number)) %" : "\(NumberText.fixed(number, 2)) %"
    }
}

/// The lists of which a load test makes every combination.
struct BenchMatrix: ParsableArguments {
    @Option(help: "Shares of the vectors that RAM has room for, in percent: 1,5,20.")
    var cache = "5"
    @Option(help: "Candidates of a query: 50,200,500; by default as the index's recall curve says.")
    var candidates: String?
    @Option(help: "Policies: off,threshold:280,calibrated; by default the collection's.")
    var policy: String?

    func validate() throws { _ = try cells }

    /// Policy by policy within a number of candidates within a size of the cache.
    var cells: [BenchCell] {
        get throws {
            let sizes = try Self.items(cache).map { text in
                guard let size = Double(text), size > 0, size <= 100 else {
                    throw ValidationError("--cache: \"\(text)\" is no share; more than 0, up to 100 are possible")
                }
                return size
            }
            let counts: [Int?] =
                try candidates.map { text in
                    try Self.items(text).map { item in
                        guard let count = Int(item), (1...100_000).contains(count) else {
                            throw ValidationError("--candidates: \"\(item)\"; 1 to 100,000 are possible")
                        }
                        return count
                    }
                } ?? [nil]
            let names: [PolicyName?] = try policy.map { try Self.policies($0) } ?? [nil]
            return sizes.flatMap { size in
                counts.flatMap { count in
                    names.map { BenchCell(cachePercent: size, candidates: count, policy: $0) }
                }
            }
        }
    }

    /// A policy may hold a comma of its own: what makes none by itself belongs to the one before.
    private static func policies(_ text: String) throws -> [PolicyName] {
        var names: [PolicyName] = []
        for item in items(text) {
            do {
                if let last = names.last, let joined = try? PolicyName("\(last),\(item)") {
                    names[names.count - 1] = joined
                } else {
                    names.append(try PolicyName(item))
                }
            } catch {
                throw ValidationError("--\(error)")
            }
        }
        return names
    }

    private static func items(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
