/// A request of one operation: what a client writes and a server reads.
package protocol WireRequest: Sendable {
    associatedtype Answer: WireAnswer
    static var operation: Operation { get }
    /// The resource in the path, of the operations on tags; nil in all others.
    var label: String? { get }
    /// Of the URL, encoded; empty but in UntagResource.
    var query: String { get }
    init(_ object: WireObject)
    /// The members of the body.
    func write(to out: inout WireWriter)
}

/// The answer to a request.
package protocol WireAnswer: Sendable {
    init(_ object: WireObject)
    func write(to out: inout WireWriter)
}

extension WireRequest {
    package var label: String? { nil }
    package var query: String { "" }
    package func write(to out: inout WireWriter) {}

    /// As it stands in the request line: an ARN is one label, its slashes encoded.
    package var path: String { Self.operation.path + (label.map { PercentCoding.encoded($0) } ?? "") }

    /// Empty where the operation's method has none.
    package var body: [UInt8] {
        guard Self.operation.method == "POST" else { return [] }
        var out = WireWriter()
        out.object(write)
        return out.bytes
    }

    /// - Parameters:
    ///   - label: what ``Operation/match(method:path:)`` found in the path.
    ///   - query: of the URL, decoded.
    /// - Throws: ``WireError``, with every member that is wrong.
    package static func read(
        _ body: ArraySlice<UInt8>, label: String? = nil, query: [(name: String, value: String)] = []
    ) throws(WireError) -> Self {
        try WireReader.read(body, label: label, query: query) { Self($0) }
    }
}

extension WireAnswer {
    package var body: [UInt8] {
        var out = WireWriter()
        out.object(write)
        return out.bytes
    }

    /// - Throws: ``WireError`` for what no server of this API should answer.
    package static func read(_ body: ArraySlice<UInt8>) throws(WireError) -> Self {
        try WireReader.read(body) { Self($0) }
    }
}

/// The answer of operations that only do something.
package struct EmptyAnswer: WireAnswer, Equatable {
    package init() {}
    package init(_ object: WireObject) {}
    package func write(to out: inout WireWriter) {}
}
