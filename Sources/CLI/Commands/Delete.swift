import ArgumentParser
import MemVec

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete keys, or all vectors that match a filter.",
        discussion: """
            memvec delete news doc-17 doc-18
            memvec delete news --filter '{"year": {"$lt": 2000}}' --dry-run
            memvec delete news --filter '{"year": {"$lt": 2000}}' --yes

            A key that is not there is no error. With --filter a terminal is asked; a script says --yes.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String] = []
    @OptionGroup var filter: FilterOption
    @Flag(help: "Only say how many would go.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard (filter.filter == nil) != keys.isEmpty else { throw ValidationError("give keys, or --filter") }
    }

    func run() async throws {
        try await common.withCollection(readOnly: dryRun) { collection in
            let filter = try filter.parsed(for: collection)
            if dryRun {
                let count = try await matching(filter, collection)
                common.print(
                    "would delete \(NumberText.counted(count, "vector"))", ["deleted": 0, "matching": count])
                return
            }
            let count: Int
            if let filter {
                let matching = try await collection.count(matching: filter)
                let loss = "\(NumberText.counted(matching, "vector")) of \(common.folder)"
                guard try Confirmation.ask(loss: loss, word: "delete", isGiven: yes || matching == 0) == .goOn else {
                    return
                }
                count = try await collection.delete(matching: filter)
            } else {
                count = try await collection.delete(keys: keys)
            }
            common.print("deleted \(NumberText.counted(count, "vector"))", ["deleted": count])
        }
    }

    private func matching(_ filter: Filter?, _ collection: VectorCollection) async throws -> Int {
        if let filter { return try await collection.count(matching: filter) }
        return try await collection.get(keys, wantsVectors: false).count { $0 != nil }
    }
}
