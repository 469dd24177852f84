import ArgumentParser
import MemVec

/// How many hits queries want and how they are answered.
struct QueryChoices: ParsableArguments {
    @Option(name: .shortAndLong, help: "Hits wanted, 1 to 10,000.")
    var k = 10
    @OptionGroup var search: AnswerChoices

    var filter: FilterOption { search.filter }
    var policy: String? { search.policy }

    func validate() throws {
        guard (1...10_000).contains(k) else { throw ValidationError("-k is \(k); 1 to 10,000 are possible") }
    }

    func options(for collection: VectorCollection) throws -> QueryOptions { try search.options(for: collection) }
}

/// How queries are answered, where that differs from the collection's settings.
struct AnswerChoices: ParsableArguments {
    @OptionGroup var filter: FilterOption
    @Flag(help: "Scan everything: the truth.")
    var exact = false
    @Option(help: "Recall@10 to aim at.")
    var recall: Double?
    @Option(help: "Lists of the index to look into.")
    var nprobe: Int?
    @Option(help: "Candidates to score exactly.")
    var candidates: Int?
    @Option(help: "Which missing candidates are fetched: calibrated, off (all), threshold:X[,best|kth] or qvcache[:D].")
    var policy: String?
    @Option(help: "Time after which missing vectors keep their estimates, such as 200ms.")
    var deadline: String?

    func validate() throws {
        do {
            if let policy { _ = try PolicyName(policy) }
            if let deadline { _ = try CollectionSettings.seconds(deadline, "deadline") }
        } catch {
            throw ValidationError("--\(error)")
        }
    }

    /// What was chosen, as the command line has it.
    var spelled: [String] {
        [
            filter.filter.map { "--filter \($0)" }, exact ? "--exact" : nil, recall.map { "--recall \($0)" },
            nprobe.map { "--nprobe \($0)" }, candidates.map { "--candidates \($0)" }, policy.map { "--policy \($0)" },
            deadline.map { "--deadline \($0)" },
        ].compactMap { $0 }
    }

    func options(for collection: VectorCollection) throws -> QueryOptions {
        var options = QueryOptions()
        options.filter = try filter.parsed(for: collection)
        options.isExact = exact
        options.recall = recall
        options.nprobe = nprobe
        options.candidates = candidates
        options.policy = try policy.map { try PolicyName($0) }
        options.deadlineSeconds = try deadline.map { try CollectionSettings.seconds($0, "deadline") }
        return options
    }
}
