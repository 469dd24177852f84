import ArgumentParser
import MemVec

struct Pin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep vectors in RAM while the collection is open, whatever the cache does.",
        discussion: """
            memvec pin news doc-17 doc-18
            memvec pin news --list

            A pin belongs to the key: it goes over to an overwrite and is there again after a reopen. At most half of \
            the RAM budget can be pinned.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String] = []
    @Flag(help: "Print the keys that are pinned.")
    var list = false

    func validate() throws {
        guard keys.isEmpty == list else { throw ValidationError("give keys, or --list") }
    }

    func run() async throws {
        try await common.withCollection(readOnly: false) { collection in
            if list {
                for key in try collection.pinnedKeys().sorted() { common.print(key, ["key": key]) }
                return
            }
            try await collection.pin(keys: keys)
            common.print("pinned \(NumberText.counted(keys.count, "key"))", ["pinned": keys.count])
        }
    }
}

struct Unpin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave pinned vectors to the cache again.",
        discussion: """
            memvec unpin news doc-17 doc-18
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String]

    func run() async throws {
        try await common.withCollection { collection in
            try await collection.unpin(keys: keys)
            common.print("unpinned \(NumberText.counted(keys.count, "key"))", ["unpinned": keys.count])
        }
    }
}
