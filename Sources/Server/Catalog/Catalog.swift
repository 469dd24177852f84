internal import MemVec
internal import S3Vectors
package import Storage
internal import Synchronization
internal import Vectors

/// The buckets and indexes below a folder: ROOT/BUCKET/INDEX is a collection each.
///
/// What is there is what the disk says: a bucket is a folder with `bucket.json`, an index a folder in it with
/// `memvec.json`. A folder that others made, with a collection in it, is a bucket, too, and gets its `bucket.json` when
/// it is first looked at. Both appear and go by one rename, so that nobody meets half of one, also after a crash: from
/// and to a folder below ROOT/.server. That one is the catalog's own; other leftovers are not its to remove.
package final class Catalog: Sendable {
    let root: String
    let shelf: Shelf
    private let options: OpenOptions
    private let lock: FolderLock
    /// Everything that changes what is there, one after the other.
    private let turn = Turn()
    /// One bucket after the other gets its file of facts, also outside of a turn.
    private let adoption = Mutex<Void>(())
    /// Where things are that are half made or half removed.
    private let asides: String

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
        let asides = root + "/.server/aside"
        self.asides = asides
        try Files.makeFolder(asides)
        lock = try FolderLock(folder: root + "/.server")
        for name in Files.names(in: asides) where name.hasPrefix("new-") || name.hasPrefix("old-") {
            try Files.remove("\(asides)/\(name)")
        }
    }

    /// Closes what is open; whatever comes after it is refused.
    package func close() async { await shelf.close() }

    func path(_ bucket: String) -> String { "\(root)/\(bucket)" }
    func path(_ name: IndexName) -> String { "\(root)/\(name.bucket)/\(name.index)" }

    /// Names in `folder` that buckets and indexes may have, sorted.
    private static func names(in folder: String) -> [String] {
        Files.names(in: folder).filter { !$0.hasPrefix(".") && ResourceName.isName($0) }
    }

    private static func exists(_ path: String) -> Bool { ((try? Files.byteCount(path)) ?? nil) != nil }

    /// Whether a thing may be made there: nothing is, or an empty folder.
    private static func isFree(_ path: String) -> Bool {
        Files.isFolder(path) ? Files.names(in: path).isEmpty : !exists(path)
    }

    /// Makes a thing aside and gives it its name when it is whole.
    private func make(_ name: String, in folder: String, _ fill: (String) async throws -> Void) async throws {
        let aside = "\(asides)/new-\(name)"
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
    private func remove(_ name: String, in folder: String) throws {
        let aside = "\(asides)/old-\(name)"
        try Files.remove(aside)
        try Files.rename("\(folder)/\(name)", to: aside)
        try Files.remove(aside)
    }
}

// MARK: buckets

extension Catalog {
    /// - Throws: ``ServiceError/Code/notFound``.
    func bucket(_ name: String) throws -> BucketFacts {
        let file = "\(path(name))/\(BucketFacts.fileName)"
        if let facts: BucketFacts = try FactsFile.read(file) { return facts }
        return try adoption.withLock { _ throws -> BucketFacts in
            // Another task may have written it meanwhile, and more into it since.
            if let facts: BucketFacts = try FactsFile.read(file) { return facts }
            guard isBucket(name) else { throw ServiceError.noBucket }
            let facts = BucketFacts(ofFolder: path(name))
            // Who only reads is answered also where nothing can be written.
            try? FactsFile.write(facts, to: file)
            return facts
        }
    }

    /// Whether it has its file, or is a folder in which others have put a collection.
    private func isBucket(_ name: String) -> Bool {
        Self.exists("\(path(name))/\(BucketFacts.fileName)")
            || ResourceName.isName(name, allowingDots: false) && !indexNames(in: name).isEmpty
    }

    func create(bucket name: String, _ facts: BucketFacts) async throws {
        try await turn.run {
            guard !isBucket(name) else {
                throw ServiceError(.conflict, "A vector bucket with the specified name already exists")
            }
            guard Self.isFree(path(name)) else {
                throw ServiceError(.conflict, "The specified name is taken by something that is no vector bucket")
            }
            guard bucketNames().count < Self.bucketLimit else {
                throw ServiceError(.quotaExceeded, "There are \(Self.bucketLimit) vector buckets, the limit")
            }
            try await make(name, in: root) { folder in
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
            // Collections under names that no index has, somebody's notes: whoever put them there may want them.
            let facts = [BucketFacts.fileName, BucketFacts.fileName + ".new"]
            if let other = Files.names(in: path(name)).first(where: { !facts.contains($0) }) {
                throw ServiceError(
                    .conflict, "The specified vector bucket is not empty: its folder holds \(other), which is no index")
            }
            try remove(name, in: root)
        }
    }

    func bucketNames() -> [String] { Self.names(in: root).filter { isBucket($0) } }
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
        guard has(index: name), isBucket(name.bucket) else { throw ServiceError.noIndex }
        let collection = try await VectorCollection.open(at: path(name), options: options)
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
            guard Self.isFree(path(name)) else {
                throw ServiceError(.conflict, "The specified name is taken by something that is no index")
            }
            guard indexNames(in: name.bucket).count < Self.indexLimit else {
                throw ServiceError(.quotaExceeded, "The vector bucket has \(Self.indexLimit) indexes, the limit")
            }
            try await make(name.index, in: path(name.bucket)) { folder in
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
            guard has(index: name), isBucket(name.bucket) else { throw ServiceError.noIndex }
            let address = try VectorCollection.coldAddress(of: path(name))
            if let address, !erasesRemote {
                throw ServiceError(
                    .accessDenied,
                    "Access denied: this index stands in front of \(address), which no client may erase "
                        + "(memvec serve --allow-remote-delete lets them); memvec detach removes what is kept here")
            }
            try await shelf.remove(name) {
                // Ours is closed: whoever has it open for writing now is another process, and would write into nothing.
                let lock = try FolderLock(folder: self.path(name))
                defer { withExtendedLifetime(lock) {} }
                if address != nil { try await VectorCollection.eraseRemote(of: self.path(name)) }
                try self.remove(name.index, in: self.path(name.bucket))
            }
        }
    }

    func has(index name: IndexName) -> Bool { Self.exists("\(path(name))/\(CollectionFile.name)") }

    func indexNames(in bucket: String) -> [String] {
        Self.names(in: path(bucket)).filter { has(index: IndexName(bucket: bucket, index: $0)) }
    }
}

extension ServiceError {
    static let noBucket = ServiceError(.notFound, "The specified vector bucket could not be found")
    static let noIndex = ServiceError(.notFound, "The specified index could not be found")
}
