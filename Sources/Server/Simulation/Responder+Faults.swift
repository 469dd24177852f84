internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import S3Vectors
internal import ServiceLifecycle
internal import Synchronization

extension Responder {
    /// Answers as the fate has it.
    func respond(
        to request: Request, _ came: Arrival, _ context: ConnectionContext, _ fate: SimulatedFate
    ) async throws -> Response {
        if let fault = fate.fault { service.metrics.faultMade(fault.name) }
        switch fate.fault {
        case nil:
            return try await answer(request, came, fate) { Self.response($0) }
        case .status(let status):
            let call = try await Self.collect(request.body, came)
            try await Self.wait(fate.delay)
            let reply = service.refuse(call, Self.error(status))
            note(came, call, reply, fault: fate.fault)
            return Self.response(reply)
        case .truncate:
            return try await answer(request, came, fate) { Self.truncated($0, context.channel) }
        case .garbage:
            return try await answer(request, came, fate) { Self.response($0, body: fate.garbage($0.body.count)) }
        case .wrongJSON:
            return try await answer(request, came, fate) { Self.response($0, body: fate.wrongJSON) }
        case .reset:
            let call = try await Self.collect(request.body, came)
            try await Self.wait(fate.delay)
            note(came, call, nil, failure: "no answer", fault: .reset)
            try await Self.reset(context.channel)
        case .timeout, .appliedTimeout, .late:
            try await holdOut(request, came, fate)
            try? await context.channel.close()
        }
        throw SimulatedLoss()
    }

    /// Has the request done, and `change` its answer.
    private func answer(
        _ request: Request, _ came: Arrival, _ fate: SimulatedFate, _ change: (Reply) -> Response
    ) async throws -> Response {
        let call = try await Self.collect(request.body, came)
        try await Self.wait(fate.delay)
        let reply = await service.respond(to: call)
        note(came, call, reply, fault: fate.fault)
        return change(reply)
    }

    /// Has the request done or not, and returns when the client has gone, its time is up or the server stops.
    private func holdOut(_ request: Request, _ came: Arrival, _ fate: SimulatedFate) async throws {
        let collected = Mutex<Call?>(nil)
        try? await cancelWhenGracefulShutdown {
            try await request.body.consumeWithCancellationOnInboundClose { body in
                let call = try await Self.collect(body, came)
                collected.withLock { $0 = call }
                try await Self.wait(fate.delay)
                if fate.fault == .appliedTimeout { _ = await service.respond(to: call) }
                try await Task.sleep(for: .seconds(3600))
            }
        }
        let call = collected.withLock { $0 }
        if fate.fault == .late, let call { _ = await service.respond(to: call) }
        note(came, call ?? came.call, nil, failure: "no answer", fault: fate.fault)
    }

    private static func wait(_ delay: Duration) async throws {
        if delay > .zero { try await Task.sleep(for: delay) }
    }

    private static func error(_ status: Int) -> ServiceError {
        switch status {
        case 408: ServiceError(.requestTimeout, "The request timed out (simulated)")
        case 429: ServiceError(.tooManyRequests, "Please reduce your request rate (simulated)")
        case 503: ServiceError(.serviceUnavailable, "Currently unable to handle the request (simulated)")
        default: ServiceError(.internalServer, "Internal server error (simulated)", status: status)
        }
    }

    private static func response(_ reply: Reply, body: [UInt8]) -> Response {
        var changed = reply
        changed.body = body
        return response(changed)
    }

    /// Half of the body under the length of the whole.
    private static func truncated(_ reply: Reply, _ channel: any Channel) -> Response {
        var out = response(reply)
        let half = ByteBuffer(bytes: reply.body.prefix(reply.body.count / 2))
        out.body = ResponseBody(contentLength: reply.body.count) { writer in
            try await writer.write(half)
            try? await channel.close()
            throw SimulatedLoss()
        }
        return out
    }

    /// Closes so that the other side gets a reset instead of an end.
    private static func reset(_ channel: any Channel) async throws {
        if let socket = channel as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close()
    }
}

/// Ends a connection whose answer was not to come.
private struct SimulatedLoss: Error {}
