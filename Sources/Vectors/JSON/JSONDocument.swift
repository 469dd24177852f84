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
        fileprivate let place: Int
        fileprivate let inside: Int
        fileprivate let next: Int
        /// Elements of an array, members of an object, bytes of a string.
        public let count: Int
        /// What stands there.
        public let kind: Kind
    }

    /// The kinds of JSON's values.
    public enum Kind: Sendable {
        /// As RFC 8259 names them.
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
        return node(Int(MVJ_ROOT))
    }

    /// The members of an object in their order; none of another value.
    public func members(of object: Node) -> [(name: String, value: Node)] {
        guard object.kind == .object else { return [] }
        var members: [(name: String, value: Node)] = []
        members.reserveCapacity(object.count)
        var place = object.inside
        for _ in 0..<object.count {
            let name = unsafe mvj_at(document, place)
            let value = unsafe node(name.next)
            unsafe members.append((Self.string(name), value))
            place = value.next
        }
        return members
    }

    /// The elements of an array in their order; none of another value.
    public func elements(of array: Node) -> [Node] {
        guard array.kind == .array else { return [] }
        var elements: [Node] = []
        elements.reserveCapacity(array.count)
        var place = array.inside
        for _ in 0..<array.count {
            let element = node(place)
            elements.append(element)
            place = element.next
        }
        return elements
    }

    /// Calls `body` with the elements of an array in their order, without a list of them.
    public func forEachElement<E: Error>(of array: Node, _ body: (Node) throws(E) -> Void) throws(E) {
        guard array.kind == .array else { return }
        var place = array.inside
        for _ in 0..<array.count {
            let element = node(place)
            try body(element)
            place = element.next
        }
    }

    /// Calls `body` with the members of an object in their order, the name as a node, too.
    public func forEachMember<E: Error>(of object: Node, _ body: (_ name: Node, Node) throws(E) -> Void) throws(E) {
        guard object.kind == .object else { return }
        var place = object.inside
        for _ in 0..<object.count {
            let name = node(place), value = node(name.next)
            try body(name, value)
            place = value.next
        }
    }

    /// Whether the node is a string with the UTF-8 of `text`.
    public func isString(_ node: Node, _ text: StaticString) -> Bool {
        guard node.kind == .string, node.count == text.utf8CodeUnitCount else { return false }
        let found = unsafe mvj_at(document, node.place)
        return unsafe UnsafeRawBufferPointer(start: found.value.string, count: node.count).elementsEqual(
            UnsafeRawBufferPointer(start: text.utf8Start, count: node.count))
    }

    /// Appends the UTF-8 of a string; nothing of another value.
    public func appendString(of node: Node, to bytes: inout [UInt8]) {
        guard node.kind == .string else { return }
        // The bytes are the document's until the next read.
        let found = unsafe mvj_at(document, node.place)
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: found.value.string, count: node.count))
    }

    /// The number as the nearest double; nil of another value.
    public func number(of node: Node) -> Double? {
        guard node.kind == .number else { return nil }
        return value(of: node).double
    }

    /// The string; nil of another value.
    public func string(of node: Node) -> String? {
        node.kind == .string ? unsafe Self.string(mvj_at(document, node.place)) : nil
    }

    /// The value as a tree of its own.
    public func value(of node: Node) -> JSONValue {
        var place = node.place
        return take(&place)
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
            unsafe mvj_floats(document, array.place, target.baseAddress?.advanced(by: old), array.count)
        }
        guard status != -1 else { return nil }
        values.removeLast(array.count)
        return max(0, status)
    }

    /// The element of an array, for messages; nil beyond its end.
    public func element(_ position: Int, of array: Node) -> JSONValue? {
        guard array.kind == .array, position < array.count else { return nil }
        var place = array.inside
        for _ in 0..<position { place = node(place).next }
        return value(of: node(place))
    }

    private func node(_ place: Int) -> Node {
        let found = unsafe mvj_at(document, place)
        let kind: Kind =
            switch unsafe Int(found.kind) {
            case MVJ_FALSE, MVJ_TRUE: .boolean
            case MVJ_INTEGER, MVJ_UNSIGNED, MVJ_NUMBER: .number
            case MVJ_STRING: .string
            case MVJ_ARRAY: .array
            case MVJ_OBJECT: .object
            default: .null
            }
        return unsafe Node(
            place: place, inside: found.inside, next: found.next, count: Int(found.count), kind: kind)
    }

    /// As deep as the parser's own limit on depth. Leaves `place` behind the value.
    private func take(_ place: inout Int) -> JSONValue {
        let node = unsafe mvj_at(document, place)
        unsafe place = node.next
        switch unsafe Int(node.kind) {
        case MVJ_FALSE: return .boolean(false)
        case MVJ_TRUE: return .boolean(true)
        case MVJ_INTEGER: return unsafe .integer(node.value.integer)
        case MVJ_UNSIGNED: return unsafe .unsigned(node.value.unsigned_integer)
        case MVJ_NUMBER: return unsafe .number(node.value.number)
        case MVJ_STRING: return unsafe .string(Self.string(node))
        case MVJ_ARRAY:
            var inside = unsafe node.inside
            return unsafe .array((0..<node.count).map { _ in take(&inside) })
        case MVJ_OBJECT:
            var inside = unsafe node.inside
            return unsafe .object(
                (0..<node.count).map { _ in
                    let name = unsafe mvj_at(document, inside)
                    unsafe inside = name.next
                    return unsafe JSONValue.Member(Self.string(name), take(&inside))
                })
        default: return .null
        }
    }

    private static func string(_ node: mvj_node) -> String {
        // The parser has seen that it is UTF-8; the bytes are the document's until the next read.
        let start = unsafe UnsafeRawPointer(node.value.string)
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: Int(node.count)), as: UTF8.self)
    }
}
