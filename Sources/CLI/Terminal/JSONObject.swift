import Vectors

/// An object that a command prints, its members in the order in which they are written here.
struct JSONObject: ExpressibleByDictionaryLiteral {
    private(set) var members: [JSONValue.Member] = []

    /// Members whose value is nil are left out.
    init(dictionaryLiteral elements: (String, (any JSONRepresentable)?)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// Sets a member that is not there yet; nil leaves it out.
    subscript(name: String) -> (any JSONRepresentable)? {
        get { members.last { $0.name == name }?.value }
        set { if let newValue { members.append(.init(name, newValue.json)) } }
    }
}

/// What can stand in a ``JSONObject``.
protocol JSONRepresentable {
    var json: JSONValue { get }
}

extension JSONObject: JSONRepresentable { var json: JSONValue { .object(members) } }
extension JSONValue: JSONRepresentable { var json: JSONValue { self } }
extension Bool: JSONRepresentable { var json: JSONValue { .boolean(self) } }
extension Int: JSONRepresentable { var json: JSONValue { .integer(Int64(self)) } }
extension UInt64: JSONRepresentable { var json: JSONValue { .unsigned(self) } }
extension String: JSONRepresentable { var json: JSONValue { .string(self) } }
extension Array: JSONRepresentable where Element: JSONRepresentable {
    var json: JSONValue { .array(map(\.json)) }
}

extension Double: JSONRepresentable {
    /// With six decimals at most: what is printed here was measured, and more digits say nothing.
    var json: JSONValue {
        let scaled = self * 1e6
        return .number(abs(scaled) < 1e15 ? scaled.rounded() / 1e6 : self)
    }
}

extension Float: JSONRepresentable {
    /// The double whose shortest text is this float's.
    var json: JSONValue { .number(Double("\(self)") ?? Double(self)) }
}
