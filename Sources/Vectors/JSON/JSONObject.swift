/// An object that is written, its members in the order in which they are written here.
package struct JSONObject: ExpressibleByDictionaryLiteral {
    package private(set) var members: [JSONValue.Member] = []

    /// Members whose value is nil are left out.
    package init(dictionaryLiteral elements: (String, (any JSONRepresentable)?)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// Sets a member that is not there yet; nil leaves it out.
    package subscript(name: String) -> (any JSONRepresentable)? {
        get { members.last { $0.name == name }?.value }
        set { if let newValue { members.append(.init(name, newValue.json)) } }
    }
}

/// What can stand in a ``JSONObject``.
package protocol JSONRepresentable {
    var json: JSONValue { get }
}

extension JSONObject: JSONRepresentable { package var json: JSONValue { .object(members) } }
extension JSONValue: JSONRepresentable { package var json: JSONValue { self } }
extension Bool: JSONRepresentable { package var json: JSONValue { .boolean(self) } }
extension Int: JSONRepresentable { package var json: JSONValue { .integer(Int64(self)) } }
extension UInt64: JSONRepresentable { package var json: JSONValue { .unsigned(self) } }
extension String: JSONRepresentable { package var json: JSONValue { .string(self) } }
extension Array: JSONRepresentable where Element: JSONRepresentable {
    package var json: JSONValue { .array(map(\.json)) }
}

extension Double: JSONRepresentable {
    /// With six decimals at most: what is written here was measured, and more digits say nothing.
    package var json: JSONValue {
        let scaled = self * 1e6
        return .number(abs(scaled) < 1e15 ? scaled.rounded() / 1e6 : self)
    }
}

extension Float: JSONRepresentable {
    /// The double whose shortest text is this float's.
    package var json: JSONValue { .number(Double("\(self)") ?? Double(self)) }
}
