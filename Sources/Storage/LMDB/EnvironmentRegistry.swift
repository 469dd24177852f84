internal import Glibc
internal import Synchronization

/// LMDB forbids a process to open one file twice: who opens it again gets the environment that is there.
enum EnvironmentRegistry {
    private struct Weak: Sendable {
        weak let environment: Environment?
    }

    private static let open = Mutex<[String: Weak]>([:])

    static func environment(path: String, options: Environment.Options) throws(StorageError) -> Environment {
        // The file may not be there yet, so its folder is what is resolved.
        let folder = Files.folder(of: path)
        guard let resolved = unsafe realpath(folder, nil) else { throw Files.failure(folder, "open") }
        defer { unsafe free(resolved) }
        let name = unsafe String(cString: resolved) + "/" + (path.split(separator: "/").last ?? "")
        let result: Result<Environment, StorageError> = open.withLock { open in
            open = open.filter { $0.value.environment != nil }
            if let there = open[name]?.environment {
                guard there.options.isReadOnly, !options.isReadOnly else { return .success(there) }
                return .failure(.locked(path: path, holder: "a read-only open of this process"))
            }
            do throws(StorageError) {
                let made = try Environment(path: path, options: options)
                open[name] = Weak(environment: made)
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
