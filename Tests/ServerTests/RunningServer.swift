import Foundation
import Glibc
import Testing

@testable import Server

/// A service behind a socket of this machine.
struct RunningServer: Sendable {
    let fixture: ServiceFixture
    let port: UInt16
    private let task: Task<Void, any Error>

    /// Runs `body` beside the server, which has stopped when this returns.
    static func with(
        _ fixture: ServiceFixture, _ listening: Listening = .local { _ in },
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let task = Task {
            defer { continuation.finish() }
            try await listening.run(fixture.service) { continuation.yield($0) }
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { return try await task.value }
        let server = RunningServer(fixture: fixture, port: UInt16(port), task: task)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    func askToStop() { task.cancel() }

    func stop() async {
        task.cancel()
        _ = await task.result
    }

    /// Runs `body` with a new connection, on a thread of its own: the few that run tasks are the server's, too.
    func connected<R: Sendable>(_ body: @escaping @Sendable (Peer) throws -> R) async throws -> R {
        let port = port
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let peer = try Peer(port)
                        defer { peer.close() }
                        return try body(peer)
                    })
            }
        }
    }

    /// Sends `text` as it is; gives what comes back until the other side closes.
    func exchange(_ text: String) async throws -> String {
        try await connected { peer in
            peer.send(text)
            return peer.rest().text
        }
    }

    /// A request that ends its connection.
    static func request(_ line: String, _ headers: String = "", _ body: String = "") -> String {
        "\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(headers)\r\n\(body)"
    }

    /// The same, of an operation on `demo/items`.
    static func onItems(_ operation: String, _ rest: String = "", isLast: Bool = true) -> String {
        let body = #"{"vectorBucketName":"demo","indexName":"items"\#(rest.isEmpty ? "" : "," + rest)}"#
        return "POST /\(operation) HTTP/1.1\r\nHost: localhost\r\n\(isLast ? "Connection: close\r\n" : "")"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Asks for the metrics until they have the line.
    func waitForMetric(_ line: String) async {
        while !fixture.service.metrics.text.contains(line + "\n") { await Task.yield() }
    }

    /// The same on a thread that may wait.
    func wait(forMetric line: String) {
        while !fixture.service.metrics.text.contains(line + "\n") { sched_yield() }
    }

    func waitForStop() {
        while !fixture.service.isAskedToStop { sched_yield() }
    }
}

extension Listening {
    /// On a free port, without signals.
    static func local(_ change: (inout Listening) -> Void) -> Listening {
        var listening = Listening(host: "127.0.0.1", port: 0)
        listening.endsOnSignals = false
        change(&listening)
        return listening
    }
}

/// One end of a connection, byte by byte. Its calls wait, so it is used on threads of its own.
final class Peer: Sendable {
    enum End: Sendable {
        case closed
        case reset
    }

    private let socket: Int32

    init(_ port: UInt16) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(socket >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let code = errno
            Glibc.close(socket)
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
    }

    func close() { Glibc.close(socket) }

    /// Says that nothing more will come, and goes on listening.
    func finish() { shutdown(socket, Int32(SHUT_WR)) }

    /// Sends all; false where the other side has gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    socket, $0.baseAddress?.advanced(by: done), $0.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes next; nil at the end.
    func next() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// What comes until the end, and how it ends.
    func rest() -> (text: String, byteCount: Int, end: End) {
        var received: [UInt8] = [], byteCount = 0
        errno = 0
        while let some = next() {
            byteCount += some.count
            if received.count < 1 << 20 { received += some }
        }
        let end = errno == ECONNRESET ? End.reset : .closed
        return (String(decoding: received, as: UTF8.self), byteCount, end)
    }
}
