internal import S3Vectors
internal import Vectors

/// The body of an explanation: one of `vector`, `key` and `text`, and `{"k": 10, "filter": {...}}` beside it.
struct ExplainRequest {
    enum Subject: Equatable {
        case vector([Float])
        case key(String)
        case text(String)
    }

    let subject: Subject
    let k: Int
    let filter: Filter?

    /// As many candidates are told at most: all that a query looks at while it may leave some out.
    static let kLimit = 1000

    /// - Throws: ``ServiceError`` that names the member.
    init(_ body: [UInt8], nonFilterable: [String]) throws(ServiceError) {
        let value: JSONValue
        do { value = try JSONValue(bytes: body) } catch {
            throw ServiceError(.serialization, "The body is not JSON: \(error)")
        }
        guard case .object(let members) = value else {
            throw ServiceError(.serialization, "The body is \(value.summary), not an object")
        }
        for member in members where !["vector", "key", "text", "k", "filter"].contains(member.name) {
            throw .invalid("\(member.name) is not known: vector, key, text, k and filter are", path: member.name)
        }
        subject = try Self.subject(value)
        var k = 10
        if let wanted = value["k"] {
            guard case .integer(let number) = wanted, (1...Int64(Self.kLimit)).contains(number) else {
                throw .invalid("k is \(wanted.summary); 1 to 1,000 are possible", path: "k")
            }
            k = Int(number)
        }
        self.k = k
        do throws(FilterError) {
            filter = try value["filter"].map { value throws(FilterError) in
                try Filter(value, nonFilterable: nonFilterable)
            }
        } catch {
            throw .invalid(error.wireText, path: "filter", detail: error.serviceText)
        }
    }

    private static func subject(_ value: JSONValue) throws(ServiceError) -> Subject {
        switch (value["vector"], value["key"], value["text"]) {
        case (.array(let elements)?, nil, nil):
            var vector: [Float] = []
            for (position, element) in elements.enumerated() {
                guard let number = element.double else {
                    throw .invalid("vector: element \(position) is \(element.summary), not a number", path: "vector")
                }
                vector.append(Float(number))
            }
            return .vector(vector)
        case (nil, .string(let key)?, nil): return .key(key)
        case (nil, nil, .string(let text)?):
            guard !text.allSatisfy(\.isWhitespace), text.utf8.count <= SearchRequest.queryLimit else {
                throw .invalid("text must be a string of 1 to \(SearchRequest.queryLimit) bytes", path: "text")
            }
            return .text(text)
        default:
            throw .invalid("give one of vector (an array of numbers), key and text (strings)", path: "vector")
        }
    }
}
