internal import MemVec
internal import S3Vectors
internal import Storage
internal import Synchronization
internal import Vectors

/// How a service presents itself.
package struct ServiceSettings: Sendable {
    package var region = "us-east-1"
    package var account = "123456789012"
    /// Takes filters that S3 Vectors refuses: several members in one object, which are joined by "and", and `{}`.
    package var hasLenientFilters = false
    /// Gives answers with estimates in them, when a remote does not answer in time; else they are refused with 503.
    package var givesDegradedAnswers = false
    /// Whether DeleteIndex erases the remote that an index stands in front of; else it is refused.
    package var allowsRemoteDelete = false
    /// Answers GetVectors and ListVectors of all indexes by what is known here; else those of an index in front of a
    /// remote are the remote's to answer, unless it is a mirror.
    package var readsLocally = false
    /// How long a query waits for a remote, in seconds; then it is answered as if that were away. Nil waits as long as
    /// the remote's own retries take.
    package var queryDeadlineSeconds: Double?
    /// Queries that take longer are told stage by stage in the access log.
    package var slowQuerySeconds = Double.infinity
    /// Who may call; nil lets everybody.
    package var accessKeys: AccessKeys?
    /// Names in `Host` that are answered besides addresses and `localhost`, where everybody may call.
    package var allowedHosts: [String] = []
    /// Seconds since 1970.
    package var clock: @Sendable () -> Double = { 0 }

    package init() {}
}

/// The S3 Vectors API over a ``Catalog``: requests in, answers out. It knows nothing of sockets.
package final class Service: Sendable {
    let settings: ServiceSettings
    let catalog: Catalog
    let rankings = RankingStore()
    let metrics = ServiceMetrics()
    let embedders = EmbedderShelf()
    let tallies = TallyBook()
    let snapshots = SnapshotBoard()
    let listeners = ListenerCount()
    private let verifier: SigV4Verifier?
    private let keys: KeyRing?
    /// Nil where requests are signed: nobody signs for another.
    private let hosts: HostCheck?
    private let isStopping = Atomic<Bool>(false)

    package init(catalog: Catalog, settings: ServiceSettings) {
        self.catalog = catalog
        self.settings = settings
        keys = settings.accessKeys.map { KeyRing($0) }
        hosts = settings.accessKeys == nil ? HostCheck(allowing: settings.allowedHosts) : nil
        verifier = keys.map { keys in SigV4Verifier(region: settings.region) { keys.principal(of: $0)?.keys } }
    }

    /// Requests that come from now on are let in by these keys. Nothing is changed of a service that lets everybody in.
    package func renew(_ accessKeys: AccessKeys) { keys?.renew(accessKeys) }

    /// From now on ``respond(to:)`` says that it is not ready, and answers as before.
    package func announceStop() { isStopping.store(true, ordering: .relaxed) }

    var isAskedToStop: Bool { isStopping.load(ordering: .relaxed) }

    /// Answers any request; it never throws and never traps, whatever the request is.
    package func respond(to call: Call) async -> Reply {
        do { try hosts?.check(call) } catch { return refuse(call, error) }
        if call.method == "GET" || call.method == "HEAD", let reply = plain(call.path) { return reply }
        let start = ContinuousClock.now
        let isDocuments = call.path.hasPrefix(DocumentRoute.prefix)
        let found = isDocuments ? nil : Operation.match(method: call.method, path: call.path)
        let trace = RequestTrace(requestID: Self.requestID(), found?.operation)
        var name = found?.operation.name ?? "unknown", isCounted = true
        var reply: Reply
        do {
            if isDocuments {
                let route = try DocumentRoute(method: call.method, path: call.path)
                // Those who look are not part of what they look at.
                isCounted = !route.isLook
                name = route.name ?? name
                reply = try await answer(call, route, trace)
            } else if let found {
                reply = try await answer(call, found.operation, label: found.label, trace)
            } else {
                throw ServiceError(.unknownOperation, "There is no operation \(call.method) \(call.path.prefix(200))")
            }
        } catch {
            reply = Self.reply(to: shown(Self.serviceError(error), trace))
        }
        reply.finish(trace)
        if isCounted { metrics.note(name, status: reply.status, ContinuousClock.now - start) }
        return reply
    }

    /// Counts an answer, for all and for its index.
    func note(_ provenance: Provenance, of name: IndexName) {
        metrics.note(provenance)
        tallies.note(name) { $0.add(provenance) }
    }

    /// Counts the vectors of an answer by where they were.
    func note(_ sources: [Hit.Source], of name: IndexName) {
        metrics.note(sources)
        tallies.note(name) { $0.add(sources) }
    }

    /// Paths that are no part of the API.
    private func plain(_ path: String) -> Reply? {
        let isReady = !isAskedToStop
        switch path {
        case "/health": return Self.plain(200, "{\"status\":\"ok\"}", "application/json")
        case "/ready" where isReady: return Self.plain(200, "{\"status\":\"ready\"}", "application/json")
        case "/ready": return Self.plain(503, "{\"status\":\"stopping\"}", "application/json")
        case "/metrics": return Self.plain(200, metrics.text, "text/plain; version=0.0.4")
        case DashboardFiles.prefix + "server.json": return DashboardFiles.server(settings)
        default: return DashboardFiles.reply(path)
        }
    }

    private static func plain(_ status: Int, _ text: String, _ type: String) -> Reply {
        Reply(status: status, headers: [(name: "content-type", value: type)], body: Array(text.utf8))
    }

    private func answer(_ call: Call, _ operation: Operation, label: String?, _ trace: RequestTrace) async throws
        -> Reply
    {
        try checkBody(call)
        let principal = try principal(call)
        trace.note { $0.accessKey = principal?.keys.accessKey }
        let context = RequestContext(
            operation: operation, label: label, query: PercentCoding.pairs(ofQuery: call.query) ?? [],
            principal: principal, trace: trace)
        return try await dispatch(call, context)
    }

    func checkBody(_ call: Call) throws(ServiceError) {
        guard !call.isTooSlow else {
            throw ServiceError(.requestTimeout, "The request did not come whole in the time that it has")
        }
        guard !call.isTooLarge, call.body.count <= Limits.bodyBytes else {
            throw ServiceError(.validation, "Request body exceeds max allowed size")
        }
    }

    func principal(_ call: Call) throws(ServiceError) -> Principal? {
        guard let verifier else { return nil }
        let request = SignableRequest(
            method: call.method, path: call.path, query: call.query, headers: call.headers,
            bodyHash: Digest.hexadecimal(Digest.sha256(call.body)))
        let accessKey = try verifier.verify(request, now: SigningTime(seconds: Int(settings.clock())))
        return keys?.principal(of: accessKey)
    }

    /// What is known now of somebody who was let in; nil if nothing is.
    func renewed(_ principal: Principal) -> Principal? { keys?.principal(of: principal.keys.accessKey) }

    static func reply(to error: ServiceError) -> Reply {
        var headers = [(name: ServiceError.typeHeader, value: error.code.rawValue)]
        if let wait = error.retryAfterMilliseconds {
            headers.append((name: ServiceError.retryAfterHeader, value: "\(wait)"))
        }
        return Reply(status: error.status, headers: headers, body: error.body)
    }

    /// Refuses a request without looking at it.
    func refuse(_ call: Call, _ error: ServiceError) -> Reply {
        let operation = Operation.match(method: call.method, path: call.path)?.operation
        var reply = Self.reply(to: error)
        reply.finish(RequestTrace(requestID: Self.requestID(), operation))
        return reply
    }

    private static func requestID() -> String {
        let digits = Digest.hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255) })
        var out = ""
        for (position, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(position) { out += "-" }
            out.append(digit)
        }
        return out
    }
}

extension Reply {
    /// Adds what all answers of the API have.
    fileprivate mutating func finish(_ trace: RequestTrace) {
        if self["content-type"] == nil { headers.append((name: "content-type", value: "application/json")) }
        headers.append((name: "x-amzn-requestid", value: trace.facts.requestID))
        self.trace = trace
    }
}

/// What is known of a request beside its body.
struct RequestContext: Sendable {
    let operation: Operation
    let label: String?
    let query: [(name: String, value: String)]
    /// Nil where everybody may do everything.
    let principal: Principal?
    let trace: RequestTrace

    /// - Parameter resource: as the message names it.
    /// - Throws: ``ServiceError/Code/accessDenied``.
    func check(bucket: String, resource: ResourceName) throws(ServiceError) {
        trace.note { $0.resource = resource }
        guard let principal else { return }
        guard principal.mayReach(bucket), !(operation.isWrite && principal.isReadOnly) else {
            throw ServiceError(
                .accessDenied,
                "User: \(principal.keys.accessKey) is not authorized to perform: s3vectors:\(operation.name) "
                    + "on resource: \(resource)")
        }
    }
}
