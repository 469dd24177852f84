internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import S3Vectors

/// Between Hummingbird and the service: collects bodies, copies headers, and has each request logged.
struct Responder: HTTPResponder {
    typealias Context = ConnectionContext

    let service: Service
    let log: AccessLog?
    let simulation: Simulation?
    /// An answer that goes on ends before its request's time does.
    let eventTime: Duration

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let came = Arrival(request: request, client: context.channel.remoteAddress?.ipAddress)
        service.metrics.requestCame()
        defer { service.metrics.requestLeft() }
        if let simulation, let plan = simulation.plan(for: came.call) {
            return try await respond(to: request, came, context, plan)
        }
        var call = came.call
        do {
            call = try await Self.collect(request.body, came)
        } catch {
            note(came, call, nil, failure: "the client went away")
            throw error
        }
        let reply = await service.respond(to: call)
        note(came, call, reply)
        var response = Self.response(reply)
        if let events = reply.events { response.body = events.body(lasting: eventTime) }
        return response
    }

    /// The call with its body.
    ///
    /// - Throws: what ends a connection whose request has not come whole.
    static func collect(_ body: RequestBody, _ came: Arrival) async throws -> Call {
        var call = came.call
        guard came.declaredByteCount <= Limits.bodyBytes else {
            // Judged before a byte of it is read.
            call.isTooLarge = true
            return call
        }
        do {
            call.body = Array(buffer: try await body.collect(upTo: Limits.bodyBytes))
        } catch is NIOTooManyBytesError {
            call.isTooLarge = true
        } catch is RequestTooSlow {
            call.isTooSlow = true
        }
        return call
    }

    static func response(_ reply: Reply) -> Response {
        var fields = HTTPFields()
        for header in reply.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return Response(
            status: .init(code: reply.status), headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    /// Writes the request's line, if there is a log.
    func note(_ came: Arrival, _ call: Call, _ reply: Reply?, failure: String? = nil, fault: Fault? = nil) {
        guard let log else { return }
        let line = AccessLine(
            time: came.time(service.settings.clock()), client: came.client, method: call.method, path: call.path,
            requestByteCount: call.body.count, reply: reply, failure: failure, duration: came.age, fault: fault?.name)
        log.append(line.json)
        let counts = log.takeCounts()
        service.metrics.logQueue(counts.waiting)
        service.metrics.logLost(counts.lost)
    }
}

/// A request whose head has come.
struct Arrival {
    /// Without its body.
    let call: Call
    let declaredByteCount: Int
    let client: String?
    private let instant = ContinuousClock.now

    init(request: Request, client: String?) {
        let target = request.head.path ?? "/"
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        // Hummingbird keeps it apart; signatures cover it.
        if let host = request.head.authority { headers.append((name: "host", value: host)) }
        call = Call(
            method: request.method.rawValue, path: String(target[..<mark]),
            query: String(target[mark...].dropFirst()), headers: headers)
        declaredByteCount = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        self.client = client
    }

    /// Since it came.
    var age: Duration { ContinuousClock.now - instant }

    /// When it came, in seconds since 1970, from what they are now.
    func time(_ now: Double) -> Double {
        let parts = age.components
        return now - Double(parts.seconds) - Double(parts.attoseconds) * 1e-18
    }
}

/// What Hummingbird knows of a request, and the connection it came by.
struct ConnectionContext: Hummingbird.RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
