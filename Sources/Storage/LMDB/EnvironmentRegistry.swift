internal import Glibc
internal import Synchronization

/// LMDB forbids a process to open one file twice: who opens it again shares the environment that is there.
///
/// (POSIX locks belong to the process: closing the second descriptor of the lock file would drop the locks of the
/// first, and every other process would take our readers for dead.)
///
/// Files are known by device and inode, not by name: a folder that was removed and made again is another file.
enum EnvironmentRegistry {
    struct FileIdentity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64

        init?(path: String) {
            var info = stat()
            guard unsafe stat(path, &info) == 0 else { return nil }
            device = UInt64(info.st_dev)
            inode = UInt64(info.st_ino)
        }
    }

    private struct Entry: Sendable {
        let environment: Environment
        var leaseCount: Int
    }

    private static let open = Mutex<[FileIdentity: Entry]>([:])

    /// The environment of the file `path`, for as long as the lease lives. It is made if it is not there.
    ///
    /// The environment is opened for writing wherever the file lets us, also for a reader: a writer of this process may
    /// follow, and could not change it then.
    static func lease(path: String, options: Environment.Options) throws(StorageError) -> EnvironmentLease {
        let result: Result<EnvironmentLease, StorageError> = open.withLock { open in
            do throws(StorageError) {
                if let identity = FileIdentity(path: path), let entry = open[identity] {
                    guard options.isReadOnly || !entry.environment.options.isReadOnly else {
                        throw .file(path: path, operation: "open for writing", errno: EACCES)
                    }
                    open[identity] = Entry(environment: entry.environment, leaseCount: entry.leaseCount + 1)
                    return .success(EnvironmentLease(environment: entry.environment, identity: identity))
                }
                let environment = try make(path, options)
                guard let identity = FileIdentity(path: path) else { throw Files.failure(path, "stat") }
                open[identity] = Entry(environment: environment, leaseCount: 1)
                return .success(EnvironmentLease(environment: environment, identity: identity))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func make(_ path: String, _ options: Environment.Options) throws(StorageError) -> Environment {
        guard options.isReadOnly else { return try Environment(path: path, options: options) }
        let isWritable = unsafe access(path, W_OK) == 0 && access(Files.folder(of: path), W_OK) == 0
        var options = options
        options.isReadOnly = !isWritable
        return try Environment(path: path, options: options)
    }

    /// The environment is closed under the lock, so that nobody opens the file while that goes on.
    fileprivate static func release(_ identity: FileIdentity) {
        open.withLock { open in
            guard var entry = open[identity] else { return }
            entry.leaseCount -= 1
            open[identity] = entry.leaseCount > 0 ? entry : nil
            if entry.leaseCount == 0 { entry.environment.close() }
        }
    }
}

/// Keeps a shared environment open.
final class EnvironmentLease: Sendable {
    let environment: Environment
    private let identity: EnvironmentRegistry.FileIdentity

    fileprivate init(environment: Environment, identity: EnvironmentRegistry.FileIdentity) {
        self.environment = environment
        self.identity = identity
    }

    deinit { EnvironmentRegistry.release(identity) }
}
