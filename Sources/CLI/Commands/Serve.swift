import ArgumentParser
import Foundation
import MemVec
import Server

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the S3 Vectors API over the collections below a folder.",
        discussion: """
            memvec serve data             then boto3.client("s3vectors", endpoint_url="http://127.0.0.1:8080")
            memvec serve --ephemeral      a folder that is gone at the end: for tests
            memvec serve data --listen 0.0.0.0:8080 --credentials keys.json

            data/BUCKET/INDEX is a collection; one that was attached there (memvec attach data/BUCKET/INDEX \
            s3vectors://...) is answered from RAM and SSD, and its writes go to the remote. Without --credentials \
            anybody who reaches the address may do everything, so only this machine may reach it, and no page of \
            another site (--allow-host lets names lead here). The file of keys:
            {"keys": [{"accessKey": "AKID", "secretKey": "...", "buckets": ["news", "test-*"], "readOnly": true}]}

            Options may stand in a file, too, NAME = VALUE a line (--settings FILE), or in variables such as
            MEMVEC_SERVE_LISTEN: the command line counts before variables, these before the file. `root` names the
            folder there; flags are on or off.

            GET /health, /ready and /metrics (for Prometheus) need no signature. SIGTERM lets requests end, 20 s at
            most; SIGHUP reads the file of keys and opens the access log anew. A line of the log is a JSON object: time,
            requestId, client, accessKey, method, operation, bucket, index, status, error, bytesIn, bytesOut,
            milliseconds, and of queries reason, tiers, cost; of those slower than --slow-query also `slow`: what was
            looked at, and the milliseconds of each stage. Where an answer leaves out a path of the server, `cause` has
            it.

            --simulate-faults makes the server the bad day of a service far away. SPEC is NAME=SHARE,...;seed=NUMBER,
            such as 429=0.05,503=0.05,timeout=0.02;seed=7 - the same requests in the same order meet the same faults.
              408 429 500 503   refused with this status and AWS's body, not done
              timeout           not done, never answered
              reset             not done, the connection is reset
              truncate          done; half of the answer's body, then the end of the connection
              garbage           done; the answer's body is random bytes
              wrong-json        done; the answer's body is JSON of another shape
              applied-timeout   done at once, never answered
              late              done after the client has gone, never answered
            """)

    @Argument(help: "The folder of buckets; made if it is not there.")
    var root: String?
    @Option(help: "A file of options, which the command line and MEMVEC_SERVE_... overrule.", completion: .file())
    var settings: String?
    @Option(help: "Where connections are taken; port 0 takes a free one, which is printed.")
    var listen = "127.0.0.1:8080"
    @Option(help: "The region in ARNs and signatures.")
    var region = "us-east-1"
    @Option(help: "The account in ARNs, 12 digits.")
    var accountID = "123456789012"
    @Option(help: "A file of access keys; requests must be signed by one of them.")
    var credentials: String?
    @Option(
        help: ArgumentHelp(
            "A name, or several with commas, that this server answers to besides addresses and localhost; with "
                + "--credentials it answers to all.", valueName: "name"))
    var allowHost: [String] = []
    @Flag(help: "Join several fields of one filter object by \"and\", and let {} match everything, as AWS does not.")
    var lenientFilters = false
    @Flag(help: "Serve a new folder that is removed at the end.")
    var ephemeral = false
    @Flag(help: "Answer with estimates (x-memvec-reason: degraded) while a remote is away; else such queries get 503.")
    var degradedAnswers = false
    @Option(help: "Compare indexes with the remotes that they stand in front of, so often, such as 15m.")
    var syncEvery: String?
    @Flag(help: "Let DeleteIndex erase the remote that an index stands in front of; else such calls get 403.")
    var allowRemoteDelete = false
    @Option(
        help:
            "Who answers GetVectors and ListVectors of an index in front of a remote that is no mirror: \(Reads.help).")
    var reads = Reads.remote
    @OptionGroup var prices: PriceOptions
    @Option(help: "How long a query waits for a remote before it is answered as if that were away.")
    var queryDeadline = "10s"
    @Option(help: "A file that gets a line of JSON for each request; - for standard output.")
    var accessLog: String?
    @Option(help: "The access log tells queries that take longer stage by stage.")
    var slowQuery = "100ms"
    @Option(help: "So many connections at once; more wait.")
    var maxConnections = 1024
    @Option(help: "What a request has, from its head to the end of its answer.")
    var requestTimeout = "60s"
    @Option(help: "After which a connection without a request is closed.")
    var idleTimeout = "120s"
    @Option(help: "What each request takes beside its work, such as 80ms, give or take a quarter.")
    var simulateLatency: String?
    @Option(help: ArgumentHelp("Faults to make, by share; see above.", valueName: "spec"))
    var simulateFaults: String?

    func run() async throws {
        let listening = try listening()
        guard accountID.utf8.count == 12, accountID.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValidationError("--account-id is \"\(accountID)\"; it has 12 digits")
        }
        // An empty one would be the root of the file system.
        guard ephemeral == (root == nil), root?.isEmpty != true else {
            throw ValidationError("name a folder, or say --ephemeral: memvec serve data")
        }
        var presented = try serviceSettings()
        presented.allowedHosts = try allowedHosts() + [listening.host]
        guard listening.isLoopback || presented.accessKeys != nil else {
            throw ValidationError("\(listen) can be reached from outside; that needs --credentials FILE")
        }
        let folder = try root ?? Self.makeFolder()
        defer { if ephemeral { try? FileManager.default.removeItem(atPath: folder) } }
        let service = Service(catalog: try Catalog(root: folder), settings: presented)
        let hangup = Hangup { [log = listening.log, credentials] in
            log?.reopen()
            if let credentials { Self.renewKeys(of: service, credentials) }
        }
        defer { hangup.end() }
        try await listening.run(service) { port in
            let host = listening.host.contains(":") ? "[\(listening.host)]" : listening.host
            // Programs that start us wait for this line.
            Terminal.print("memvec: serving \(folder) at http://\(host):\(port)")
        }
    }

    private func serviceSettings() throws -> ServiceSettings {
        var settings = ServiceSettings()
        settings.region = region
        settings.account = accountID
        settings.hasLenientFilters = lenientFilters
        settings.givesDegradedAnswers = degradedAnswers
        settings.allowsRemoteDelete = allowRemoteDelete
        settings.readsLocally = reads == .local
        settings.queryDeadlineSeconds = try Self.seconds(queryDeadline, "query-deadline")
        settings.accessKeys = try credentials.map { try AccessKeys(path: $0) }
        settings.slowQuerySeconds = try Self.seconds(slowQuery, "slow-query")
        settings.clock = { Date().timeIntervalSince1970 }
        return settings
    }

    private func allowedHosts() throws -> [String] {
        try allowHost.flatMap { $0.split(separator: ",") }.map { part in
            let name = part.trimmingCharacters(in: .whitespaces)
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." }) else {
                throw ValidationError("--allow-host is \"\(name)\"; it is a name without a port, such as vectors.lan")
            }
            return name
        }
    }

    /// A file that cannot be used leaves the keys as they are.
    private static func renewKeys(of service: Service, _ path: String) {
        do {
            let keys = try AccessKeys(path: path)
            service.renew(keys)
            Terminal.complain("\(NumberText.counted(keys.principals.count, "access key")) read from \(path)")
        } catch {
            Terminal.complain("the access keys stay as they were: \(error)")
        }
    }

    private func listening() throws -> Listening {
        var listening = try address()
        guard maxConnections > 0 else { throw ValidationError("--max-connections is \(maxConnections); at least 1") }
        listening.connectionLimit = maxConnections
        listening.requestTime = try Self.time(requestTimeout, "request-timeout")
        listening.idleTime = try Self.time(idleTimeout, "idle-timeout")
        listening.log = try accessLog.map { try AccessLog(path: $0) }
        listening.simulation = try simulation()
        listening.syncs = try syncEvery.map { text in
            let interval = try Self.time(text, "sync-every")
            guard interval >= .seconds(1) else { throw ValidationError("--sync-every is \(text); at least 1s") }
            return SyncSchedule(interval: interval) { Terminal.complain($0.text) }
        }
        return listening
    }

    private func simulation() throws -> Simulation? {
        guard simulateLatency != nil || simulateFaults != nil else { return nil }
        let latency = try simulateLatency.map { try Self.time($0, "simulate-latency") }
        do {
            return Simulation(latency: latency ?? .zero, faults: try simulateFaults.map { try FaultSpec($0) })
        } catch {
            throw ValidationError("--simulate-faults: \(error)")
        }
    }

    private static func time(_ text: String, _ name: String) throws -> Duration {
        .seconds(try seconds(text, name))
    }

    private static func seconds(_ text: String, _ name: String) throws -> Double {
        do {
            return try CollectionSettings.seconds(text, name)
        } catch {
            throw ValidationError("--\(error)")
        }
    }

    private func address() throws -> Listening {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            throw ValidationError("--listen is \"\(listen)\"; it is HOST:PORT, such as 127.0.0.1:8080")
        }
        var host = String(listen[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw ValidationError("--listen is \"\(listen)\"; the host is missing") }
        return Listening(host: host, port: Int(port))
    }

    private static func makeFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memvec-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}

extension SyncEvent {
    /// One line.
    fileprivate var text: String {
        switch result {
        case .success(let report): "sync \(name.bucket)/\(name.index): \(report.text)"
        case .failure(let error): "sync \(name.bucket)/\(name.index) failed: \(error)"
        }
    }
}

/// Who answers reads by key.
enum Reads: String, ExpressibleByArgument, CaseIterable {
    case remote, local

    fileprivate static let help = "remote (what it holds now) or local (what is known here)"
}
