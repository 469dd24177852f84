internal import Vectors

/// An object of a message: gives its members by name and type, and notes those that are wrong.
///
/// A member that is null is as one that is not there; a member that nobody asks for does not matter. Of a name that is
/// there twice the last counts.
package struct WireObject {
    let reader: WireReader
    let path: String
    private let members: [(name: String, value: JSONDocument.Node)]

    init(_ reader: WireReader, _ node: JSONDocument.Node, path: String) {
        self.reader = reader
        self.path = path
        members = reader.document.members(of: node)
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Notes that a required member is not there; gives what is read in its place.
    func missing<Value>(_ name: String, _ instead: Value) -> Value {
        reader.note(path(of: name), "Member must not be null")
        return instead
    }

    /// The member, if it is there and of `kind`.
    private func node(_ name: String, _ kind: JSONDocument.Kind, _ what: String) -> JSONDocument.Node? {
        guard let node = members.last(where: { $0.name == name })?.value, node.kind != .null else { return nil }
        guard node.kind == kind else {
            let found = "\(reader.document.value(of: node).summary)"
            reader.note(path(of: name), "Member must be \(what), not \(found)")
            return nil
        }
        return node
    }

    /// Whether the member is there and not null, of whatever type.
    func has(_ name: String) -> Bool { members.last { $0.name == name }.map { $0.value.kind != .null } ?? false }

    // MARK: plain values

    /// - Parameters:
    ///   - length: in Unicode scalars, as the service's model counts.
    ///   - set: the values that are possible.
    func string(_ name: String, length: ClosedRange<Int>? = nil, oneOf set: [String]? = nil) -> String? {
        guard let node = node(name, .string, "a string"), let text = reader.document.string(of: node) else {
            return nil
        }
        check(text, length: length, path: path(of: name))
        if let set, !set.contains(text) {
            reader.note(path(of: name), "Member must satisfy enum value set: [\(set.joined(separator: ", "))]")
        }
        return text
    }

    func requiredString(_ name: String, length: ClosedRange<Int>? = nil, oneOf set: [String]? = nil) -> String {
        guard let text = string(name, length: length, oneOf: set) else {
            return has(name) ? "" : missing(name, "")
        }
        return text
    }

    private func check(_ text: String, length: ClosedRange<Int>?, path: String) {
        guard let length else { return }
        // A string has no more scalars than bytes: nearly all are judged without counting.
        let count =
            text.utf8.count <= length.upperBound && text.utf8.count <= 63 && length.lowerBound <= 1
            ? text.utf8.count : text.unicodeScalars.count
        checkCount(count, length, path)
    }

    private func checkCount(_ count: Int, _ range: ClosedRange<Int>?, _ path: String) {
        guard let range, !range.contains(count) else { return }
        let bound =
            range.upperBound == .max
            ? "greater than or equal to \(range.lowerBound)"
            : "between \(range.lowerBound) and \(range.upperBound), inclusive"
        reader.note(path, found: "with length \(count)", "Member must have length \(bound)")
    }

    func boolean(_ name: String) -> Bool? {
        guard let node = node(name, .boolean, "a boolean") else { return nil }
        return reader.document.value(of: node) == .boolean(true)
    }

    /// A whole number; `1.0` and `1e0` are such.
    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node(name, .number, "a number") else { return nil }
        let value = reader.document.value(of: node)
        let whole: Int? =
            switch value {
            case .integer(let value): Int(value)
            case .unsigned: Int.max
            default: value.double.flatMap { Int(exactly: $0) }
            }
        guard let whole else {
            reader.note(path(of: name), "Member must be a whole number, not \(value.text)")
            return nil
        }
        if !range.contains(whole) {
            let bound =
                range.upperBound == .max
                ? "greater than or equal to \(range.lowerBound)"
                : "between \(range.lowerBound) and \(range.upperBound), inclusive"
            reader.note(path(of: name), "Member must be \(bound)")
        }
        return whole
    }

    func requiredInteger(_ name: String, in range: ClosedRange<Int>) -> Int {
        guard let value = integer(name, in: range) else {
            return has(name) ? 0 : missing(name, 0)
        }
        return value
    }

    func number(_ name: String) -> Double? {
        guard let node = node(name, .number, "a number") else { return nil }
        return reader.document.value(of: node).double
    }

    func requiredNumber(_ name: String) -> Double {
        guard let value = number(name) else { return has(name) ? 0 : missing(name, 0) }
        return value
    }

    /// A document: any JSON but null.
    func value(_ name: String) -> JSONValue? {
        guard let node = members.last(where: { $0.name == name })?.value, node.kind != .null else { return nil }
        return reader.document.value(of: node)
    }

    // MARK: structures

    func object(_ name: String) -> WireObject? {
        guard let node = node(name, .object, "an object") else { return nil }
        return WireObject(reader, node, path: path(of: name))
    }

    func requiredObject(_ name: String) -> WireObject? {
        guard let object = object(name) else { return has(name) ? nil : missing(name, nil) }
        return object
    }

    /// An array of objects, each made into an element.
    func objects<Element>(
        _ name: String, count: ClosedRange<Int>? = nil, _ make: (WireObject) -> Element
    ) -> [Element]? {
        guard let node = node(name, .array, "an array") else { return nil }
        checkCount(node.count, count, path(of: name))
        // What is too long is refused: nobody needs to have read it.
        guard node.count <= count?.upperBound ?? .max else { return [] }
        var out: [Element] = []
        out.reserveCapacity(node.count)
        for (position, element) in reader.document.elements(of: node).enumerated() {
            let path = "\(path(of: name))/\(position)"
            guard element.kind == .object else {
                reader.note(path, "Member must be an object, not \(reader.document.value(of: element).summary)")
                continue
            }
            out.append(make(WireObject(reader, element, path: path)))
        }
        return out
    }

    func requiredObjects<Element>(
        _ name: String, count: ClosedRange<Int>? = nil, _ make: (WireObject) -> Element
    ) -> [Element] {
        guard let list = objects(name, count: count, make) else { return has(name) ? [] : missing(name, []) }
        return list
    }

    func strings(_ name: String, count: ClosedRange<Int>? = nil, length: ClosedRange<Int>? = nil) -> [String]? {
        guard let node = node(name, .array, "an array") else { return nil }
        checkCount(node.count, count, path(of: name))
        guard node.count <= count?.upperBound ?? .max else { return [] }
        var out: [String] = []
        out.reserveCapacity(node.count)
        for (position, element) in reader.document.elements(of: node).enumerated() {
            let path = "\(path(of: name))/\(position)"
            guard let text = reader.document.string(of: element) else {
                reader.note(path, "Member must be a string, not \(reader.document.value(of: element).summary)")
                continue
            }
            check(text, length: length, path: path)
            out.append(text)
        }
        return out
    }

    func requiredStrings(_ name: String, count: ClosedRange<Int>? = nil, length: ClosedRange<Int>? = nil) -> [String] {
        guard let list = strings(name, count: count, length: length) else {
            return has(name) ? [] : missing(name, [])
        }
        return list
    }

    /// An object whose members are all strings, in the order of the text.
    func map(_ name: String) -> [(key: String, value: String)]? {
        guard let node = node(name, .object, "an object") else { return nil }
        var out: [(key: String, value: String)] = []
        for member in reader.document.members(of: node) where member.value.kind != .null {
            guard let text = reader.document.string(of: member.value) else {
                let found = reader.document.value(of: member.value).summary
                reader.note("\(path(of: name))/\(member.name)", "Member must be a string, not \(found)")
                continue
            }
            out.append((member.name, text))
        }
        return out
    }

    /// The array `float32` inside member `name`, each number rounded to float32. AWS's clients write what is not finite
    /// as the strings "NaN", "Infinity" and "-Infinity": these become what they say.
    func floats(_ name: String) -> [Float]? {
        guard let data = object(name) else { return nil }
        guard let array = data.node("float32", .array, "an array") else {
            return data.has("float32") ? nil : data.missing("float32", nil)
        }
        var values: [Float] = []
        if reader.document.appendFloats(of: array, to: &values) == nil { return values }
        for (position, element) in reader.document.elements(of: array).enumerated() {
            let value = reader.document.value(of: element)
            switch value {
            case .string("NaN"): values.append(.nan)
            case .string("Infinity"): values.append(.infinity)
            case .string("-Infinity"): values.append(-.infinity)
            default:
                guard let number = value.double else {
                    let path = data.path(of: "float32") + "/\(position)"
                    reader.note(path, "Member must be a number, not \(value.summary)")
                    return nil
                }
                values.append(Float(number))
            }
        }
        return values
    }

    func requiredFloats(_ name: String) -> [Float] {
        guard let values = floats(name) else { return has(name) ? [] : missing(name, []) }
        return values
    }
}
