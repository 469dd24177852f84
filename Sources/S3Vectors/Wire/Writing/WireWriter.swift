package import Vectors

/// Writes a message: compact JSON, members in the order they are given, nil left out.
package struct WireWriter {
    private var text: JSONText
    private var needsComma = false

    package init(byteCapacity: Int = 256) { text = JSONText(byteCapacity: byteCapacity) }

    package var bytes: [UInt8] { text.bytes }

    package mutating func object(_ inside: (inout WireWriter) -> Void) {
        separate()
        text.append(raw: "{")
        needsComma = false
        inside(&self)
        text.append(raw: "}")
        needsComma = true
    }

    package mutating func member(_ name: StaticString, object inside: (inout WireWriter) -> Void) {
        self.name(name)
        object(inside)
    }

    package mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        text.append(string: value)
        needsComma = true
    }

    package mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        member(name, value: .integer(Int64(value)))
    }

    package mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        member(name, value: .boolean(value))
    }

    /// A number that is whole is written without ".0".
    package mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        let whole = Int64(exactly: value)
        member(name, value: whole.map { .integer($0) } ?? .number(value))
    }

    package mutating func member(_ name: StaticString, value: JSONValue?) {
        guard let value else { return }
        self.name(name)
        text.append(value)
        needsComma = true
    }

    /// A float32 as the double that it is: distances are written so by the service.
    package mutating func member(_ name: StaticString, float value: Float?) {
        member(name, value: value.map { .number(Double($0)) })
    }

    /// `{"float32":[...]}`.
    package mutating func member(_ name: StaticString, floats values: [Float]?) {
        guard let values else { return }
        self.name(name)
        text.append(raw: "{\"float32\":")
        text.append(floats: values)
        text.append(raw: "}")
        needsComma = true
    }

    package mutating func member(_ name: StaticString, _ values: [String]?) {
        guard let values else { return }
        array(name, values) { value, out in
            out.separate()
            out.text.append(string: value)
            out.needsComma = true
        }
    }

    package mutating func member(_ name: StaticString, map pairs: [(key: String, value: String)]?) {
        guard let pairs else { return }
        member(name, value: .object(pairs.map { JSONValue.Member($0.key, .string($0.value)) }))
    }

    package mutating func array<Element>(
        _ name: StaticString, _ elements: [Element]?, _ write: (Element, inout WireWriter) -> Void
    ) {
        guard let elements else { return }
        self.name(name)
        text.append(raw: "[")
        needsComma = false
        for element in elements { write(element, &self) }
        text.append(raw: "]")
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text.append(raw: ",") }
        needsComma = false
    }

    private mutating func name(_ name: StaticString) {
        separate()
        text.append(raw: "\"")
        text.append(raw: name)
        text.append(raw: "\":")
    }
}
