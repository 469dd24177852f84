/// A header of a request or an answer.
package struct HTTPHeader: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One request: bytes out, and how long everything about it may take.
package struct HTTPRequest: Sendable, Equatable {
    /// In capitals.
    package var method: String
    /// Absolute, `http` or `https`, with its path and query encoded: it is sent as it stands.
    package var url: String
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// From the call of ``HTTPSending/send(_:)`` to the answer's last byte, waiting for a connection included.
    package var timeout: Duration
    /// An answer with a longer body is given up.
    package var answerByteLimit = 256 << 20
    /// Whether the variables `https_proxy` and `no_proxy` count. They must not where an address of this machine or of
    /// the link is asked.
    package var usesProxy = true

    package init(
        _ method: String, _ url: String, headers: [HTTPHeader] = [], body: [UInt8] = [], timeout: Duration
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// What came back, whatever its status.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the header `name`, whatever its letters' case; nil if it is not there.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}

/// Sends one request and waits for its answer. It never tries again.
package protocol HTTPSending: Sendable {
    /// - Throws: ``TransportError`` when no answer came. An answer that says "no" is an answer.
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}
