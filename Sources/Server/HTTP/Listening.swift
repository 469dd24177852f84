internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Serves a service over a socket.
package struct Listening: Sendable {
    package var host: String
    /// 0 takes a free one.
    package var port: Int
    /// More connections wait to be taken.
    package var connectionLimit = 1024
    /// A connection without a request is closed after it; so is one whose request has begun and stopped.
    package var idleTime = Duration.seconds(120)
    /// What a request has, from its head's arrival until its answer has gone out.
    package var requestTime = Duration.seconds(60)
    /// What requests have to end in once the server stops.
    package var stopTime = Duration.seconds(20)
    package var log: AccessLog?
    /// Makes it worse than it is; nil for a server that does its best.
    package var simulation: Simulation?
    /// Nil where indexes in front of a remote are compared with it by hand alone.
    package var syncs: SyncSchedule?
    /// Whether SIGTERM and SIGINT end it; the end of its task does in any case.
    package var endsOnSignals = true

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Of a request's line and headers: what AWS's clients send has less than 2,000 bytes, session tokens some more.
    private static let headers = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 64 * 1024, maxHeaderFieldCount: 100)

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// Runs until SIGTERM, SIGINT or the end of its task. Then it takes no more connections, answers what was asked, at
    /// most for ``stopTime``, and closes the collections.
    ///
    /// - Parameter started: called with the port once connections are taken.
    /// - Throws: ``ListeningError`` where the address cannot be taken.
    package func run(_ service: Service, started: @escaping @Sendable (_ port: Int) -> Void) async throws {
        var logger = Logger(label: "memvec")
        logger.logLevel = .error
        let requestTime = requestTime
        let start = StartMark()
        let application = Application(
            responder: Responder(
                service: service, log: log, simulation: simulation, eventTime: requestTime * 3 / 4),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ContinueNotice(), RequestDeadline(requestTime)],
                    idleTimeout: TimeAmount(idleTime),
                    httpDecoderConfiguration: Self.headers)),
            configuration: .init(
                address: .hostname(host, port: port), serverName: "memvec",
                availableConnectionsDelegate: ConnectionCount(limit: connectionLimit, metrics: service.metrics)),
            onServerRunning: { channel in
                start.set()
                started(channel.localAddress?.port ?? 0)
            }, logger: logger)
        var parts: [any ServiceLifecycle.Service] = [application, StopNotice { service.announceStop() }]
        parts.insert(Sampling(service: service), at: 0)
        if let syncs {
            let rounds = SyncRounds(catalog: service.catalog, metrics: service.metrics.syncs, schedule: syncs)
            parts.insert(Repetition(rounds: rounds), at: 0)
        }
        var configuration = ServiceGroupConfiguration(
            services: parts.map { .init(service: $0) },
            gracefulShutdownSignals: endsOnSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = stopTime
        let group = ServiceGroup(configuration: configuration)
        // In a task of its own: the end of ours is a stop like any other, which lets requests end.
        let running = Task { try await group.run() }
        let result = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
        await service.catalog.close()
        log?.flush()
        do { try result.get() } catch let error as IOError where !start.isSet {
            throw ListeningError(host: host, port: port, errorNumber: error.errnoCode)
        }
    }
}

/// An address where no connections can be taken.
package struct ListeningError: Error, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let errorNumber: Int32

    package var description: String {
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        let remedy =
            switch errorNumber {
            case EADDRINUSE: "another program listens there; end it, or name another port, 0 for a free one"
            case EADDRNOTAVAIL: "this machine has no such address; name one that it has"
            case EACCES: "this user may not listen there; name a port above 1023"
            default: "name another address"
            }
        let text = unsafe strerror(errorNumber).map { unsafe String(cString: $0) } ?? "error \(errorNumber)"
        return "cannot listen at \(place): \(text): \(remedy) (--listen HOST:PORT)"
    }
}

/// Whether connections were taken.
private final class StartMark: Sendable {
    private let mark = Atomic<Bool>(false)

    var isSet: Bool { mark.load(ordering: .relaxed) }

    func set() { mark.store(true, ordering: .relaxed) }
}

/// Tells the service that it stops; services stop in the reverse of their order, so it is told first.
private struct StopNotice: ServiceLifecycle.Service {
    let announce: @Sendable () -> Void

    func run() async throws {
        try? await gracefulShutdown()
        announce()
    }
}

/// Rounds of syncs until the server stops.
private struct Repetition: ServiceLifecycle.Service {
    let rounds: SyncRounds

    func run() async throws { await cancelWhenGracefulShutdown { await rounds.run() } }
}

/// Writes down what was counted, again and again until the server stops.
private struct Sampling: ServiceLifecycle.Service {
    let service: Service

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await ContinuousClock().sleep(for: TallyBook.sampleInterval)) != nil {
                service.tallies.sample(at: service.settings.clock())
            }
        }
    }
}
