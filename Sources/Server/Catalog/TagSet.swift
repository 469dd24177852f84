internal import S3Vectors

/// The tags of a resource. Keys are compared by their bytes, as the service does: to Swift's strings the letter omega
/// and the sign of the unit ohm, and others of Unicode's twins, are the same.
struct TagSet: Equatable, Sendable {
    private var values: [[UInt8]: [UInt8]] = [:]

    var count: Int { values.count }

    /// In the order of their keys' bytes.
    var tags: Tags {
        let sorted = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return Tags(sorted.map { (String(decoding: $0.key, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)) })
    }

    subscript(key: String) -> String? {
        get { values[Array(key.utf8)].map { String(decoding: $0, as: UTF8.self) } }
        set { values[Array(key.utf8)] = newValue.map { Array($0.utf8) } }
    }
}

/// A list of pairs: readers of JSON objects may hold two such keys for one.
extension TagSet: Codable {
    private struct Pair: Codable {
        var key: String
        var value: String
    }

    init(from decoder: any Decoder) throws {
        for pair in try [Pair](from: decoder) { self[pair.key] = pair.value }
    }

    func encode(to encoder: any Encoder) throws {
        try tags.pairs.map { Pair(key: $0.key, value: $0.value) }.encode(to: encoder)
    }
}
