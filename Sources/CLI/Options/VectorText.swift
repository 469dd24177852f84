import ArgumentParser
import MemVec

/// A vector that stands on the command line or comes over standard input, as a JSON array.
enum VectorText {
    /// - Throws: a usage error that names the element at fault.
    static func parse(_ text: String) throws -> [Float] {
        let value: JSONValue
        do { value = try JSONValue(text) } catch { throw ValidationError("--vector is \(error)") }
        guard case .array(let elements) = value else {
            throw ValidationError("--vector is \(value.summary); a JSON array of numbers is needed: [0.1, 0.2]")
        }
        return try elements.enumerated().map { position, element in
            guard let number = element.double else {
                throw ValidationError("--vector: element \(position) is \(element.summary), not a number")
            }
            return Float(number)
        }
    }

    /// All of standard input.
    static func standardInput() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
