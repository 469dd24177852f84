/// A request as the service sees it, whatever brought it.
package struct Call: Sendable {
    package var method: String
    /// As it stands in the request line, without the query.
    package var path: String
    /// As it stands in the request line, without the question mark.
    package var query: String
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whether the body was longer than the service takes; `body` is empty then.
    package var isTooLarge = false
    /// Whether the body did not come in time; `body` is empty then.
    package var isTooSlow = false

    package init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// What the service answers.
package struct Reply: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// What comes in place of a body, over some time.
    package var events: EventSource?
    /// What was learnt of the request; nil for paths that are no part of the API.
    package var trace: RequestTrace?

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package subscript(header: String) -> String? { headers.first { $0.name == header }?.value }
}
