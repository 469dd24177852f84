internal import Vectors

/// One message while it is read: its text, what stands in its URL, and what is wrong with it so far.
///
/// Wrong members do not end the reading: a client is told of all at once, as the service does. What is read in their
/// place is thrown away with the message.
package final class WireReader {
    let document: JSONDocument
    /// What stands in the path behind the operation's own; the ARN of the three operations on tags.
    let label: String?
    /// Of the URL, decoded.
    let query: [(name: String, value: String)]
    private(set) var violations: [WireError.Violation] = []

    private init(document: JSONDocument, label: String?, query: [(name: String, value: String)]) {
        self.document = document
        self.label = label
        self.query = query
    }

    func note(_ path: String, found: String? = nil, _ constraint: String) {
        violations.append(WireError.Violation(path: path, found: found, constraint: constraint))
    }

    /// Reads `body`; nothing but blanks stands for `{}`.
    ///
    /// - Throws: ``WireError``.
    static func read<Message>(
        _ body: ArraySlice<UInt8>, label: String? = nil, query: [(name: String, value: String)] = [],
        _ make: (WireObject) -> Message
    ) throws(WireError) -> Message {
        guard let document = JSONDocument() else { throw .notJSON(JSONError(.noMemory)) }
        let root: JSONDocument.Node
        let isBlank = body.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        do { root = try document.read(isBlank ? Array("{}".utf8)[...] : body) } catch { throw .notJSON(error) }
        guard root.kind == .object else { throw .notAnObject(found: document.value(of: root).summary) }
        let reader = WireReader(document: document, label: label, query: query)
        let message = make(WireObject(reader, root, path: ""))
        guard reader.violations.isEmpty else { throw .violations(reader.violations) }
        return message
    }
}
