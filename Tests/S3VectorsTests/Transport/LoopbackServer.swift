import Glibc
import Synchronization

/// A small HTTP server on this machine, whose answers, and misbehaviour, a test writes.
final class LoopbackServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]
    }

    enum Reply: Sendable {
        case answer(Int, headers: [String] = [], body: [UInt8] = [])
        /// These bytes, and the connection is closed.
        case bytes([UInt8])
        /// The connection is closed without a word.
        case hangUp
        /// The connection is reset.
        case reset
        /// Nothing, until the server stops.
        case silence
    }

    let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (Request) -> Reply
    private let state = Mutex(State())

    private struct State {
        var connectionCount = 0
        var requests: [Request] = []
        var open: Set<Int32> = []
        var isStopped = false
    }

    init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isBound else { throw Failure.noPort }
        port = UInt16(bigEndian: address.sin_port)
        spawn { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.spawn { [weak self] in self?.serve(connection) }
            }
        }
    }

    deinit { stop() }

    enum Failure: Error { case noPort }

    var url: String { "http://127.0.0.1:\(port)" }
    var connectionCount: Int { state.withLock { $0.connectionCount } }
    var requests: [Request] { state.withLock { $0.requests } }

    func stop() {
        let open = state.withLock { state in
            defer { state.open = [] }
            if state.isStopped { return Set<Int32>() }
            state.isStopped = true
            return state.open
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
        _ = unsafe pthread_create(
            &thread, nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
                return nil
            }, box)
        pthread_detach(thread)
    }

    private func serve(_ connection: Int32) {
        state.withLock { state in
            state.connectionCount += 1
            state.open.insert(connection)
        }
        defer {
            state.withLock { _ = $0.open.remove(connection) }
            close(connection)
        }
        var buffer: [UInt8] = []
        while let request = read(connection, &buffer) {
            state.withLock { $0.requests.append(request) }
            switch handler(request) {
            case .answer(let status, let headers, let body):
                let lines = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + headers
                send(connection, Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
            case .bytes(let bytes):
                send(connection, bytes)
                return
            case .hangUp: return
            case .reset:
                var option = linger(l_onoff: 1, l_linger: 0)
                unsafe setsockopt(
                    connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
                return
            case .silence:
                var byte: UInt8 = 0
                while unsafe recv(connection, &byte, 1, 0) > 0 {}
                return
            }
        }
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    connection, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Nil when the client has closed.
    private func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Request? {
        let end: [UInt8] = [13, 10, 13, 10]
        var headEnd: Int?
        while true {
            if headEnd == nil, buffer.count >= 4 {
                headEnd = (0...(buffer.count - 4)).first { Array(buffer[$0..<$0 + 4]) == end }
            }
            if let headEnd {
                let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if buffer.count >= headEnd + 4 + length {
                    let body = Array(buffer[(headEnd + 4)..<(headEnd + 4 + length)])
                    buffer.removeFirst(headEnd + 4 + length)
                    let first = lines.first?.split(separator: " ") ?? []
                    guard first.count == 3 else { return nil }
                    return Request(method: String(first[0]), target: String(first[1]), headers: headers, body: body)
                }
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }
}
