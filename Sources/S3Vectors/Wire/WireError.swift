package import Vectors

/// Why a body is not the message it should be.
package enum WireError: Error, Equatable, Sendable {
    case notJSON(JSONError)
    /// JSON, but no object at its root.
    case notAnObject(found: String)
    /// Members that are missing, of a wrong type or out of range: all of them, in the order of the model.
    case violations([Violation])

    package struct Violation: Equatable, Sendable {
        /// As `/vectors/0/key`.
        package let path: String
        /// What the text says between "Value" and "at", as "with length 2"; nil for nothing.
        package let found: String?
        /// As "Member must not be null".
        package let constraint: String

        package init(path: String, found: String? = nil, constraint: String) {
            self.path = path
            self.found = found
            self.constraint = constraint
        }

        /// A sentence of the service's.
        package var text: String {
            "Value \(found.map { $0 + " " } ?? "")at '\(path)' failed to satisfy constraint: \(constraint)"
        }
    }
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON(let error): return error.description
        case .notAnObject(let found): return "a message is a JSON object, not \(found)"
        case .violations(let list):
            let count = "\(list.count) validation error\(list.count == 1 ? "" : "s") detected. "
            return count + list.map(\.text).joined(separator: "; ")
        }
    }
}

extension ServiceError {
    /// What a server answers to a request that is not what it should be.
    package init(_ error: WireError) {
        switch error {
        case .notJSON(let error):
            // The service's own word for a body that it cannot read, seen for a lone surrogate; ours behind it.
            self.init(.serialization, "UnknownError: \(error.description)")
        case .notAnObject:
            self.init(.serialization, "UnknownError: \(error.description)")
        case .violations(let list):
            self.init(
                .validation, error.description, fieldList: list.map { Field(path: $0.path, message: $0.text) })
        }
    }
}
