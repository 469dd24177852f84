internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import UnixSignals

/// Serves a service over a socket.
package struct Listening: Sendable {
    package var host: String
    /// 0 takes a free one.
    package var port: Int
    /// More connections wait to be taken.
    package var connectionLimit = 1024
    package var idleSeconds = 120
    /// Whether SIGTERM and SIGINT end it; the end of its task does in any case.
    package var endsOnSignals = true

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// Runs until SIGTERM or SIGINT; takes no more connections
    /// then, answers what was asked, and closes the collections.
    ///
    /// - Parameter started: called with the port once connections are taken.
    package func run(_ service: Service, started: @escaping @Sendable (_ port: Int) -> Void) async throws {
        var logger = Logger(label: "memvec")
        logger.logLevel = .error
        let application = Application(
            responder: Responder(service: service),
            server: .http1(configuration: .init(idleTimeout: .seconds(Int64(idleSeconds)))),
            configuration: .init(
                address: .hostname(host, port: port), serverName: "memvec",
                availableConnectionsDelegate: MaximumAvailableConnections(connectionLimit)),
            onServerRunning: { channel in started(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: application)],
                gracefulShutdownSignals: endsOnSignals ? [.sigterm, .sigint] : [], logger: logger))
        try await withGracefulShutdownHandler {
            try await group.run()
        } onGracefulShutdown: {
            service.announceStop()
        }
        await service.catalog.close()
    }
}
