internal import MemVec
internal import S3Vectors
package import Storage
internal import Vectors

/// The buckets and indexes below a folder: ROOT/BUCKET/INDEX is a collection each.
///
/// What is there is what the disk says: a bucket is a folder with `bucket.json`, an index a folder in it with
/// `memvec.json`. Both appear and go by one rename, so that nobody meets half of one, also after a crash. Names that
/// begin with a dot are the catalog's own: no bucket and no index has such a name.
package final class Catalog: Sendable {
    let root: String
    let shelf: Shelf
    private let options: OpenOptions
    private let lock: FolderLock
    /// Everything that changes what is there, one after the other.
    private let turn = Turn()

    static let bucketLimit = 10_000
    static let indexLimit = 10_000

    /// Makes the folder if it is not there, and removes what a crash left half made or half removed.
    ///
    /// - Throws: `StorageError`; `StorageError.locked` if another process serves the folder.
    package convenience init(root: String) throws(StorageError) {
        try self.init(root: root, openLimit: Shelf.usualLimit, mapBytes: 1 << 40)
    }

    /// - Parameters:
    ///   - openLimit: so many collections are open at once; others are closed and opened as they are asked for.
    ///   - mapBytes: address space of each. All together take no more than half of what a process has.
    init(root: String, openLimit: Int, mapBytes: Int) throws(StorageError) {
        self.root = root
        var options = OpenOptions()
        options.mapBytes = mapBytes
        self.options = options
        shelf = Shelf(openLimit: openLimit)
        try Files.makeFolder(root + "/.server")
        lock = try FolderLock(folder: root + "/.server")
        try Self.sweep(root)
        for bucket in Self.names(in: root, having: BucketFacts.fileName) { try Self.sweep("\(root)/\(bucket)") }
    }

    /// Closes what is open; whatever comes after it is refused.
    package func close() async { await shelf.close() }

    func path(_ bucket: String) -> String { "\(root)/\(bucket)" }
    func path(_ name: IndexName) -> String { "\(root)/\(name.bucket)/\(name.index)" }

    private static func sweep(_ folder: String) throws(StorageError) {
        for name in Files.names(in: folder) where name.hasPrefix(".new-") || name.hasPrefix(".old-") {
            try Files.remove("\(folder)/\(name)")
        }
    }

    /// Names of folders in `folder` that hold the file, sorted.
    private static func names(in folder: String, having file: String) -> [String] {
        Files.names(in: folder).filter { name in
            !name.hasPrefix(".") && ResourceName.isName(name) && exists("\(folder)/\(name)/\(file)")
        }
    }

    private static func exists(_ path: String) -> Bool { ((try? Files.byteCount(path)) ?? nil) != nil }

    /// Makes a thing aside and gives it its name when it is whole.
    private static func make(_ name: String, in folder: String, _ fill: (String) async throws -> Void) async throws {
        let aside = "\(folder)/.new-\(name)"
        try Files.remove(aside)
        do {
            try await fill(aside)
            try Files.rename(aside, to: "\(folder)/\(name)")
        } catch {
            try? Files.remove(aside)
            throw error
        }
    }

    /// Takes a thing its name, then removes it.
    private static func remove(_ name: String, in folder: String) throws {
        let aside = "\(folder)/.old-\(name)"
        try Files.remove(aside)
        try Files.rename("\(folder)/\(name)", to: aside)
        try Files.remove(aside)
    }
}

// MARK: buckets

extension Catalog {
    /// - Throws: ``ServiceError/Code/notFound``.
    func bucket(_ name: String) throws -> BucketFacts {
        let facts: BucketFacts? = try FactsFile.read("\(path(name))/\(BucketFacts.fileName)")
        guard let facts else { throw ServiceError.noBucket }
        return facts
    }

    func create(bucket name: String, _ facts: BucketFacts) async throws {
        try await turn.run {
            guard !Self.exists("\(path(name))/\(BucketFacts.fileName)") else {
                throw ServiceError(.conflict, "A vector bucket with the specified name already exists")
            }
            guard bucketNames().count < Self.bucketLimit else {
                throw ServiceError(.quotaExceeded, "There are \(Self.bucketLimit) vector buckets, the limit")
            }
            try await Self.make(name, in: root) { folder in
                try Files.makeFolder(folder)
                try FactsFile.write(facts, to: "\(folder)/\(BucketFacts.fileName)")
            }
        }
    }

    func change(bucket name: String, _ body: (inout BucketFacts) throws -> Void) async throws {
        try await turn.run {
            var facts = try bucket(name)
            try body(&facts)
            try FactsFile.write(facts, to: "\(path(name))/\(BucketFacts.fileName)")
        }
    }

    func delete(bucket name: String) async throws {
        try await turn.run {
            _ = try bucket(name)
            guard indexNames(in: name).isEmpty else {
                throw ServiceError(.conflict, "The specified vector bucket is not empty")
            }
            try Self.remove(name, in: root)
        }
    }

    func bucketNames() -> [String] { Self.names(in: root, having: BucketFacts.fileName) }
}

// MARK: indexes

extension Catalog {
    /// Runs `body` with the index, opened if it is not open. A collection that was closed meanwhile, because others
    /// were asked for, is opened again.
    ///
    /// - Throws: ``ServiceError/Code/notFound``, and what `body` throws.
    func withIndex<R: Sendable>(_ name: IndexName, _ body: (OpenIndex) async throws -> R) async throws -> R {
        var attempt = 0
        while true {
            let index = try await shelf.index(name) { try await self.open(name) }
            do {
                return try await body(index)
            } catch MemVecError.closed where attempt < 3 {
                attempt += 1
            }
        }
    }

    private func open(_ name: IndexName) async throws -> OpenIndex {
        let folder = path(name)
        guard Self.exists("\(folder)/\(CollectionFile.name)"),
            Self.exists("\(path(name.bucket))/\(BucketFacts.fileName)")
        else { throw ServiceError.noIndex }
        let collection = try await VectorCollection.open(at: folder, options: options)
        return OpenIndex(name: name, collection: collection, facts: try facts(name))
    }

    /// Of an index that is there. A collection that was put there by hand has no file of facts.
    func facts(_ name: IndexName) throws -> IndexFacts {
        let facts: IndexFacts? = try FactsFile.read("\(path(name))/\(IndexFacts.fileName)")
        return try facts ?? IndexFacts(creationTime: 0, encryption: bucket(name.bucket).encryption)
    }

    func create(
        index name: IndexName, _ configuration: CollectionConfiguration, _ facts: (BucketFacts) -> IndexFacts
    ) async throws {
        try await turn.run {
            let bucket = try bucket(name.bucket)
            guard name.index != BucketFacts.fileName else {
                throw ServiceError(.validation, "Invalid index name: \(BucketFacts.fileName) is a file of the bucket's")
            }
            guard !has(index: name) else {
                throw ServiceError(.conflict, "An index with the specified name already exists")
            }
            guard indexNames(in: name.bucket).count < Self.indexLimit else {
                throw ServiceError(.quotaExceeded, "The vector bucket has \(Self.indexLimit) indexes, the limit")
            }
            try await Self.make(name.index, in: path(name.bucket)) { folder in
                try await VectorCollection.create(at: folder, configuration, options: options).close()
                try FactsFile.write(facts(bucket), to: "\(folder)/\(IndexFacts.fileName)")
            }
        }
    }

    func change(index name: IndexName, _ body: @Sendable (inout IndexFacts) throws -> Void) async throws {
        try await turn.run {
            try await withIndex(name) { index in
                var facts = index.facts
                try body(&facts)
                try FactsFile.write(facts, to: "\(path(name))/\(IndexFacts.fileName)")
                index.facts = facts
            }
        }
    }

    /// Removes an index. One in front of a remote is erased there first: after a crash in between, or where the remote
    /// did not answer, the same call goes on.
    ///
    /// - Parameter erasesRemote: whether that is allowed; ``ServiceError/Code/accessDenied`` where it is not.
    func delete(index name: IndexName, erasesRemote: Bool) async throws {
        try await turn.run {
            guard has(index: name) else { throw ServiceError.noIndex }
            let address = try VectorCollection.coldAddress(of: path(name))
            if let address, !erasesRemote {
                throw ServiceError(
                    .accessDenied,
                    "Access denied: this index stands in front of \(address), which no client may erase "
                        + "(memvec serve --allow-remote-delete lets them); memvec detach removes what is kept here")
            }
            try await shelf.remove(name) {
                if address != nil { try await VectorCollection.eraseRemote(of: self.path(name)) }
                try Self.remove(name.index, in: self.path(name.bucket))
            }
        }
    }

    func has(index name: IndexName) -> Bool { Self.exists("\(path(name))/\(CollectionFile.name)") }

    func indexNames(in bucket: String) -> [String] {
        Self.names(in: path(bucket), having: CollectionFile.name)
    }
}

extension ServiceError {
    static let noBucket = ServiceError(.notFound, "The specified vector bucket could not be found")
    static let noIndex = ServiceError(.notFound, "The specified index could not be found")
}
