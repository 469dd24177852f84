internal import FoundationEssentials
internal import Glibc

/// What credentials and settings are read from: injected, so that tests need neither files, nor network, nor time.
package struct Surroundings: Sendable {
    package var environment: [String: String]
    /// The bytes of a file; nil when it is not there.
    package var readFile: @Sendable (String) throws(CredentialError) -> [UInt8]?
    /// Writes a whole file, readable by its owner only.
    package var writeFile: @Sendable (String, [UInt8]) throws(CredentialError) -> Void
    /// Runs a program with arguments; gives what it prints.
    package var runProcess: @Sendable ([String]) async throws(CredentialError) -> [UInt8]
    package var http: any HTTPSending
    /// Seconds since 1970.
    package var now: @Sendable () -> Double

    package init(
        environment: [String: String],
        readFile: @escaping @Sendable (String) throws(CredentialError) -> [UInt8]?,
        writeFile: @escaping @Sendable (String, [UInt8]) throws(CredentialError) -> Void,
        runProcess: @escaping @Sendable ([String]) async throws(CredentialError) -> [UInt8],
        http: any HTTPSending, now: @escaping @Sendable () -> Double
    ) {
        self.environment = environment
        self.readFile = readFile
        self.writeFile = writeFile
        self.runProcess = runProcess
        self.http = http
        self.now = now
    }

    /// This process on this machine.
    /// - Parameter dotEnv: the path of a `.env` file. What it says counts where the environment says nothing; it need
    ///   not be there.
    package static func ofThisProcess(
        http: any HTTPSending, dotEnv: String? = nil
    ) throws(CredentialError) -> Surroundings {
        var surroundings = Surroundings(
            environment: ProcessInfo.processInfo.environment,
            readFile: { (path) throws(CredentialError) in try LocalFile.read(path) },
            writeFile: { (path, bytes) throws(CredentialError) in try LocalFile.write(path, bytes) },
            runProcess: { (arguments) async throws(CredentialError) in
                try await ChildProcess.output(of: arguments, timeout: .seconds(60))
            },
            http: http, now: { Date().timeIntervalSince1970 })
        if let dotEnv, let bytes = try surroundings.readFile(dotEnv) {
            let more = try DotEnv.values(String(decoding: bytes, as: UTF8.self), path: dotEnv)
            surroundings.environment.merge(more) { ours, _ in ours }
        }
        return surroundings
    }

    /// The value of a variable; an empty one counts as none.
    package func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// `~` at the start of a path is the user's folder.
    package func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = variable("HOME") else { return path }
        return home + path.dropFirst()
    }
}

/// Small files as a whole.
private enum LocalFile {
    private static let byteLimit = 16 << 20

    static func read(_ path: String) throws(CredentialError) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadable(path: path, reason: reason(errno))
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: reason(errno))
            }
            bytes += chunk[..<count]
            guard bytes.count <= byteLimit else {
                throw .unreadable(path: path, reason: "it is larger than \(byteLimit) bytes")
            }
        }
    }

    /// Aside and then in place, so that another process never reads half a file.
    static func write(_ path: String, _ bytes: [UInt8]) throws(CredentialError) {
        let aside = "\(path).\(getpid()).new"
        let file = unsafe open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unreadable(path: aside, reason: reason(errno)) }
        let written = unsafe Glibc.write(file, bytes, bytes.count)
        let code = errno
        close(file)
        guard written == bytes.count, unsafe rename(aside, path) == 0 else {
            unsafe unlink(aside)
            throw .unreadable(path: path, reason: reason(written == bytes.count ? errno : code))
        }
    }

    private static func reason(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
