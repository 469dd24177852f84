import ArgumentParser
import MemVec
import Vectors

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

    /// As ``withCollection(readOnly:changes:rebuildsIndex:_:)``, to ask it something.
    func withAskedCollection<R>(_ body: (VectorCollection) async throws -> R) async throws -> R {
        try await Self.asking(folder) { isReadOnly in
            try await withCollection(readOnly: isReadOnly) { collection in
                if !isReadOnly { try await collection.settleTiers() }
                return try await body(collection)
            }
        }
    }

    /// Has `open` open a collection that is to be asked. In front of a remote that is for writing where nobody else has
    /// it so: only that has the warm tier, and a reader asks the remote for everything.
    static func asking<R>(
        _ folder: String, _ open: (_ isReadOnly: Bool) async throws -> R
    ) async throws -> R {
        guard try VectorCollection.coldAddress(of: folder) != nil else { return try await open(true) }
        do {
            return try await open(false)
        } catch  where ErrorCode.of(error) == "locked" {
            return try await open(true)
        }
    }

    /// Prints one of the two.
    func print(_ text: @autoclosure () -> String, _ object: @autoclosure () -> JSONObject) {
        if json { Terminal.print(object()) } else { Terminal.print(text()) }
    }
}
