import ArgumentParser
import MemVec

/// The folder that a command works on, and how it prints.
struct CommonOptions: ParsableArguments {
    @Argument(help: "The collection's folder.", completion: .directory)
    var folder: String

    @Flag(help: "Print JSON: one object on a line.")
    var json = false
    @OptionGroup var prices: PriceOptions

    /// Opens the collection, says what had to be mended, and hands it to `body`; closes it however that ends.
    ///
    /// - Parameter changes: settings to change, by name; saved with the collection.
    func withCollection<R>(
        readOnly: Bool = false, changes: [String: String] = [:], rebuildsIndex: Bool = false,
        _ body: (VectorCollection) async throws -> R
    ) async throws -> R {
        try await Self.withCollection(
            at: folder, readOnly: readOnly, changes: changes, rebuildsIndex: rebuildsIndex, body)
    }

    static func withCollection<R>(
        at folder: String, readOnly: Bool, changes: [String: String] = [:], rebuildsIndex: Bool = false,
        _ body: (VectorCollection) async throws -> R
    ) async throws -> R {
        var options = OpenOptions()
        options.isReadOnly = readOnly
        options.changes = changes
        // Most commands end sooner than a rebuild would: the note that they print names `memvec rebuild`.
        options.rebuildsIndex = rebuildsIndex
        let collection = try await VectorCollection.open(at: folder, options: options)
        for note in collection.openingNotes { Terminal.complain(note) }
        let result: R
        do {
            result = try await body(collection)
        } catch {
            // The first error is the one that matters; what was acknowledged is on disk without a close, too.
            try? await collection.close()
            throw error
        }
        try await collection.close()
        return result
    }

    /// Prints one of the two.
    func print(_ text: @autoclosure () -> String, _ object: @autoclosure () -> JSONObject) {
        if json { Terminal.print(object()) } else { Terminal.print(text()) }
    }
}
