// Unsafe code: what makes it sound. A transfer is used by the transport's thread alone, freed once in deinit, and what
// libcurl gives of it is copied before that.
internal import CCurl

/// One request in libcurl's hands.
@safe final class CurlTransfer {
    private let pointer: OpaquePointer

    /// - Throws: ``TransportError/refusedHeader(name:)``, ``TransportError/outOfMemory``.
    init(
        _ number: UInt64, _ request: HTTPRequest, timeLeft: Duration, _ settings: CurlTransport.Settings
    ) throws(TransportError) {
        for header in request.headers where !Self.isOneLine(header.name) || !Self.isOneLine(header.value) {
            throw .refusedHeader(name: header.name)
        }
        guard Self.isOneLine(request.url), Self.isOneLine(request.method) else {
            throw .refusedURL(url: request.url, message: "it holds a line end or a null")
        }
        let milliseconds = max(1, min(Int(Int32.max), timeLeft.wholeMilliseconds))
        var limits = unsafe mvc_limits()
        unsafe limits.timeout_ms = milliseconds
        unsafe limits.connect_timeout_ms = max(1, min(milliseconds, settings.connectTimeout.wholeMilliseconds))
        unsafe limits.answer_bytes = max(0, request.answerByteLimit)
        unsafe limits.uses_proxy = request.usesProxy
        let sendsBody = !request.body.isEmpty || request.method == "POST" || request.method == "PUT"
        let make: (UnsafePointer<CChar>?) -> OpaquePointer? = { caFile in
            unsafe limits.ca_file = unsafe caFile
            return unsafe request.body.withUnsafeBufferPointer { body in
                unsafe mvc_transfer_make(
                    number, request.method, request.url, body.baseAddress, body.count, sendsBody, &limits)
            }
        }
        let made = unsafe settings.caFile.map { unsafe $0.withCString { unsafe make($0) } } ?? make(nil)
        guard let made = unsafe made else { throw .outOfMemory }
        unsafe pointer = unsafe made
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        // Else libcurl calls a body a form.
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        for line in lines {
            guard unsafe mvc_transfer_add_header(pointer, line) else { throw .outOfMemory }
        }
    }

    deinit { unsafe mvc_transfer_free(pointer) }

    var number: UInt64 { unsafe mvc_transfer_number(pointer) }

    /// Hands the pointer to a hub for the time of `body`.
    func withPointer<R>(_ body: (OpaquePointer) -> R) -> R { unsafe body(pointer) }

    /// How it ended.
    func result(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        let message = unsafe String(cString: mvc_transfer_message(pointer))
        switch unsafe Int(mvc_transfer_outcome(pointer)) {
        case MVC_ANSWERED: return .success(response())
        case MVC_TIMED_OUT: return .failure(.timedOut)
        case MVC_UNREACHABLE: return .failure(.unreachable(message: message))
        case MVC_GARBLED: return .failure(.garbled(message: message))
        case MVC_TOO_LARGE: return .failure(.answerTooLarge(limit: request.answerByteLimit))
        case MVC_REFUSED_URL: return .failure(.refusedURL(url: request.url, message: message))
        case MVC_NO_MEMORY: return .failure(.outOfMemory)
        default: return .failure(.connectionLost(message: message))
        }
    }

    private func response() -> HTTPResponse {
        var count = 0
        let start = unsafe mvc_transfer_body(pointer, &count)
        let body = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        var headerCount = 0
        let headers = unsafe mvc_transfer_headers(pointer, &headerCount)
        let text = unsafe String(
            decoding: UnsafeRawBufferPointer(start: headers, count: headerCount), as: UTF8.self)
        let status = unsafe mvc_transfer_status(pointer)
        return HTTPResponse(status: status, headers: Self.headers(text), body: body)
    }

    /// Header lines as they came; a line without a colon is left out.
    static func headers(_ text: String) -> [HTTPHeader] {
        text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
            let value = line[line.index(after: colon)...].drop(while: isBlank)
            let end = value.lastIndex { !isBlank($0) }.map { value.index(after: $0) } ?? value.startIndex
            return HTTPHeader(String(Substring(line[..<colon])), String(Substring(value[..<end])))
        }
    }

    private static func isOneLine(_ text: String) -> Bool {
        !text.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
    }
}

extension Duration {
    /// Rounded up, so that a wait of it is not too short.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (whole, overflows) = Int(seconds).multipliedReportingOverflow(by: 1000)
        guard !overflows, whole < .max - 1000, whole > .min + 1000 else { return seconds < 0 ? .min : .max }
        return whole + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// As a number of seconds.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
