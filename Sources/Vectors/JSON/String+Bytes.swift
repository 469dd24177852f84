// What a string is here: its UTF-8. `String`'s own == holds "é" in one and in two scalars to be equal; S3 Vectors,
// whose keys, field names and values these are, compares bytes.
extension String {
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    func hasBytes(startingWith prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    /// In quotes for a message, as JSON writes it, so that no control character of a stranger reaches a terminal; what
    /// is longer than 60 characters is cut.
    var quotedForMessage: String {
        var text = JSONText()
        let scalars = unicodeScalars
        let end = scalars.index(scalars.startIndex, offsetBy: 60, limitedBy: scalars.endIndex)
        guard let end, end < scalars.endIndex else {
            text.append(string: self)
            return text.string
        }
        text.append(string: String(scalars[..<end]) + "...")
        return text.string
    }
}

extension Sequence<String> {
    /// Whether one of them has the bytes of `name`.
    func holdBytes(of name: String) -> Bool { contains { $0.hasSameBytes(as: name) } }
}
