internal import CJSON

/// A JSON text that is read part by part, and the memory in which the next text is read.
///
/// For texts that are mostly numbers: arrays of numbers go straight into float32, and only what is asked for becomes a
/// ``JSONValue``. Not for several threads at once; a node is good until the next ``read(_:)``.
@safe public final class JSONDocument {
    // Owned here, freed in deinit; nodes and strings in it live until the next read.
    private let document: OpaquePointer

    /// Nil when there is no memory.
    public init?() {
        guard let document = unsafe mvj_make() else { return nil }
        unsafe self.document = document
    }

    deinit { unsafe mvj_free(document) }

    /// One value of the text.
    public struct Node: Sendable {
        fileprivate let index: Int
        /// Elements of an array, members of an object, bytes of a string.
        public let count: Int
        public let kind: Kind
    }

    public enum Kind: Sendable {
        case null, boolean, number, string, array, object
    }

    /// Reads one JSON value in UTF-8; half a surrogate pair is an error. The nodes of the text before are gone.
    ///
    /// - Returns: the value as a whole.
    /// - Throws: ``JSONError``.
    public func read(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> Node {
        var offset = 0
        let status = unsafe bytes.withUnsafeBufferPointer {
            unsafe mvj_read(document, $0.baseAddress, $0.count, &offset)
        }
        guard status == MVJ_FINE else { throw JSONError(status: status, offset: offset) }
        return node(0)
    }

    /// The members of an object in their order; none of another value.
    public func members(of object: Node) -> [(name: String, value: Node)] {
        guard object.kind == .object else { return [] }
        var members: [(name: String, value: Node)] = []
        members.reserveCapacity(object.count)
        var at = object.index + 1
        for _ in 0..<object.count {
            let value = node(at + 1)
            members.append((string(at), value))
            at = end(of: value)
        }
        return members
    }

    /// The string; nil of another value.
    public func string(of node: Node) -> String? { node.kind == .string ? string(node.index) : nil }

    /// The value as a tree of its own.
    public func value(of node: Node) -> JSONValue {
        var at = node.index
        return unsafe withNodes { unsafe Self.take($0, &at) }
    }

    /// Appends an array's numbers, rounded to float32.
    ///
    /// - Returns: nil, or the position of the first element that is no number; nothing is appended then.
    public func appendFloats(of array: Node, to values: inout [Float]) -> Int? {
        guard array.kind == .array else { return 0 }
        let old = values.count
        values.append(contentsOf: repeatElement(0, count: array.count))
        let status = unsafe values.withUnsafeMutableBufferPointer { target in
            // Room for `count` values was just made behind the old ones.
            unsafe mvj_floats(document, array.index, target.baseAddress?.advanced(by: old), array.count)
        }
        guard status != -1 else { return nil }
        values.removeLast(array.count)
        return max(0, status)
    }

    /// The element of an array, for messages; nil beyond its end.
    public func element(_ position: Int, of array: Node) -> JSONValue? {
        guard array.kind == .array, position < array.count else { return nil }
        var at = array.index + 1
        for _ in 0..<position { at = end(of: node(at)) }
        return value(of: node(at))
    }

    private func node(_ index: Int) -> Node {
        let found = unsafe withNodes { unsafe $0[index] }
        let kind: Kind =
            switch unsafe Int(found.kind) {
            case MVJ_FALSE, MVJ_TRUE: .boolean
            case MVJ_INTEGER, MVJ_UNSIGNED, MVJ_NUMBER: .number
            case MVJ_STRING: .string
            case MVJ_ARRAY: .array
            case MVJ_OBJECT: .object
            default: .null
            }
        return unsafe Node(index: index, count: Int(found.count), kind: kind)
    }

    private func end(of node: Node) -> Int {
        guard node.kind == .array || node.kind == .object else { return node.index + 1 }
        return unsafe withNodes { unsafe $0[node.index].value.end }
    }

    private func string(_ index: Int) -> String { unsafe withNodes { unsafe Self.string($0[index]) } }

    private static func take(_ nodes: UnsafeBufferPointer<mvj_node>, _ at: inout Int) -> JSONValue {
        let node = unsafe nodes[at]
        at += 1
        switch unsafe Int(node.kind) {
        case MVJ_FALSE: return .boolean(false)
        case MVJ_TRUE: return .boolean(true)
        case MVJ_INTEGER: return unsafe .integer(node.value.integer)
        case MVJ_UNSIGNED: return unsafe .unsigned(node.value.unsigned_integer)
        case MVJ_NUMBER: return unsafe .number(node.value.number)
        case MVJ_STRING: return unsafe .string(string(node))
        case MVJ_ARRAY: return unsafe .array((0..<node.count).map { _ in unsafe take(nodes, &at) })
        case MVJ_OBJECT:
            return unsafe .object(
                (0..<node.count).map { _ in
                    let name = unsafe string(nodes[at])
                    at += 1
                    return JSONValue.Member(name, unsafe take(nodes, &at))
                })
        default: return .null
        }
    }

    private static func string(_ node: mvj_node) -> String {
        // The parser has seen that it is UTF-8; the bytes are the document's until the next read.
        let start = unsafe UnsafeRawPointer(node.value.string)
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: Int(node.count)), as: UTF8.self)
    }

    private func withNodes<R>(_ body: (UnsafeBufferPointer<mvj_node>) -> R) -> R {
        var count = 0
        let nodes = unsafe mvj_nodes(document, &count)
        return unsafe body(UnsafeBufferPointer(start: nodes, count: count))
    }
}
