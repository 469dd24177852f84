import ArgumentParser
import Foundation
import MemVec
import Text

/// Where texts are kept: a collection's folder, or a remote with the folder in front of it.
struct TextTarget {
    let folder: String
    /// Nil where the folder says it, or holds the vectors itself.
    let cold: String?

    /// - Parameters:
    ///   - text: a folder, `s3vectors://BUCKET/INDEX`, the ARN of an index, `s3://BUCKET/PREFIX` or `local:FOLDER`.
    ///   - folder: in front of a remote; nil takes one below the user's state folder.
    init(_ text: String, folder: String?) throws {
        let isRemote = ["s3vectors://", "s3://", "arn:", "local:"].contains { text.hasPrefix($0) }
        if isRemote {
            cold = text
            self.folder = folder ?? Self.stateFolder(of: text)
        } else {
            guard folder == nil else {
                throw ValidationError("--folder is for what lies in front of a remote; \(text) is a folder itself")
            }
            cold = nil
            self.folder = text
        }
    }

    /// Where programs keep what is to outlive them and is no document.
    private static func stateFolder(of address: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? FileManager.default.currentDirectoryPath
        let state = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/state"
        let name = address.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "-._".contains($0) ? $0 : "_" }
        return state + "/memvec/" + String(name)
    }

    var exists: Bool { FileManager.default.fileExists(atPath: folder + "/memvec.json") }

    /// Opens the collection with what embeds its texts, once that is needed.
    ///
    /// - Parameter embedder: what the user asked for; nil is what the collection remembers.
    func open(readOnly: Bool, embedder: String?, changes: [String: String] = [:]) async throws -> TextCollection {
        if let cold, let there = try VectorCollection.coldAddress(of: folder), there != cold {
            throw ValidationError("\(folder) stands in front of \(there), not of \(cold)")
        }
        var options = OpenOptions()
        options.isReadOnly = readOnly
        options.changes = changes
        options.rebuildsIndex = false
        let vectors = try await VectorCollection.open(at: folder, options: options)
        for note in vectors.openingNotes { Terminal.complain(note) }
        let remembered = vectors.settings.embedder
        return TextCollection(
            vectors,
            embedder: LateEmbedder { [folder] in
                if let embedder { return try await Embedders.make(embedder) }
                guard let remembered else { throw TextError.noEmbedder(folder: folder) }
                return try await Embedders.make(remembered: remembered)
            })
    }

    /// Opens the collection to ask it, with its warm tier where nobody else has that.
    func openToAsk(embedder: String?) async throws -> TextCollection {
        try await CommonOptions.asking(folder) { isReadOnly in
            let texts = try await open(readOnly: isReadOnly, embedder: embedder)
            if !isReadOnly { try await texts.vectors.settleTiers() }
            return texts
        }
    }

    /// Opens the collection, or makes it: with its bucket and index, where it has a remote, and with what is in those.
    func openOrCreate(embedder: String?, changes: [String: String]) async throws -> TextCollection {
        if exists {
            let texts = try await open(readOnly: false, embedder: embedder, changes: changes)
            // It was made without what the remote held, or was ended before it had taken that over.
            if texts.vectors.isRemote, try !texts.vectors.isAttached { _ = try await texts.vectors.attach() }
            return texts
        }
        let maker = embedder ?? Self.usualEmbedder
        var settings = try CollectionSettings()
        if cold != nil { settings.isMirror = true }
        for (name, text) in changes { try settings.set(name, to: text) }
        return try await create(
            Plan(embedder: try await Embedders.make(maker), maker: maker, cold: cold, settings: settings, words: nil))
    }

    private static let usualEmbedder = "minilm"

    /// What a collection is made from.
    struct Plan {
        let embedder: any Embedder
        /// The string that made the embedder.
        let maker: String
        let cold: String?
        let settings: CollectionSettings
        /// How the words of the passages are searched; nil leaves it to who stores them.
        let words: WordForms?
    }

    func create(_ plan: Plan) async throws -> TextCollection {
        let configuration = try TextCollection.configuration(
            for: plan.embedder, maker: plan.maker, cold: plan.cold, settings: plan.settings)
        let vectors = try await VectorCollection.create(at: folder, configuration)
        if plan.cold != nil { _ = try await vectors.attach() }
        return try TextCollection(vectors, embedder: plan.embedder)
    }

    /// What the collection that is there is to be made anew from: what it remembers, but for what the user says now.
    ///
    /// The embedder has embedded a word: what is there is not to be removed for one that does not work.
    /// - Throws: what opening the collection and making the embedder throw, and ``TextError`` where its vectors do not
    ///   fit into the remote.
    func planAnew(embedder: String?, changes: [String: String]) async throws -> Plan {
        let vectors = try await open(readOnly: true, embedder: nil).vectors
        var settings = vectors.settings
        let dimension = vectors.dimension, words = try TextCollection.words(of: vectors)
        try await vectors.close()
        for (name, text) in changes { try settings.set(name, to: text) }
        let made: any Embedder
        if embedder == nil, let remembered = settings.embedder {
            made = try await Embedders.make(remembered: remembered)
        } else {
            made = try await Embedders.make(embedder ?? Self.usualEmbedder)
        }
        _ = try await made.embed(["word"], as: .passage)
        let cold = try VectorCollection.coldAddress(of: folder)
        // The remote's index stays, and takes vectors of its own length alone.
        guard cold == nil || made.dimension == dimension else {
            throw TextError.anotherDimension(
                folder: folder, dimension: dimension, embedder: made.name, its: made.dimension)
        }
        return Plan(
            embedder: made, maker: embedder ?? settings.embedder ?? Self.usualEmbedder, cold: cold, settings: settings,
            words: words)
    }

    /// What would be lost with everything in it, for people.
    func contents() async throws -> (vectorCount: Int, text: String) {
        let there = try await VectorCollection.drop(at: folder, reallyRemove: false)
        let remote = try VectorCollection.coldAddress(of: folder).map { " and in \($0)" } ?? ""
        return (there.vectorCount, "\(NumberText.counted(there.vectorCount, "passage")) in \(folder)\(remote)")
    }

    /// Removes every vector, in the remote too, and the folder.
    func removeEverything() async throws {
        if try VectorCollection.coldAddress(of: folder) != nil {
            var options = OpenOptions()
            options.rebuildsIndex = false
            let vectors = try await VectorCollection.open(at: folder, options: options)
            while true {
                let keys = try await vectors.list(limit: 5_000).records.map(\.key.text)
                if keys.isEmpty { break }
                try await vectors.delete(keys: keys)
            }
            try await vectors.close()
        }
        _ = try await VectorCollection.drop(at: folder, reallyRemove: true)
    }
}
