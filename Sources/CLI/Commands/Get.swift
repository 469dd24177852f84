import ArgumentParser
import Formats
import MemVec

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the records of some keys as JSON lines.",
        discussion: """
            memvec get news doc-17 doc-18
            memvec get news doc-17 --no-vectors

            Ends with 4 when a key is not there; the others are printed.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Keys.")
    var keys: [String]
    @Flag(inversion: .prefixedNo, help: "Print vectors.")
    var vectors = true

    func run() async throws {
        try await common.withAskedCollection { collection in
            let records = try await collection.get(keys, wantsVectors: vectors)
            var output = LineOutput()
            for record in records.compactMap(\.self) { output.append { record.appendLine(to: &$0) } }
            output.flush()
            let missing = zip(keys, records).filter { $1 == nil }.map(\.0)
            guard let first = missing.first else { return }
            if missing.count == 1 { throw MemVecError.notFound(key: first) }
            Terminal.complain("no vectors have the keys \(missing.map { "\"\($0)\"" }.joined(separator: ", "))")
            throw Outcome.notFound
        }
    }
}

extension VectorRecord {
    /// As a JSON line that `import` reads.
    func appendLine(to bytes: inout [UInt8]) {
        RecordLine.append(key: key, values: values, metadata: metadata, to: &bytes)
    }
}
