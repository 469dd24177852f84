/// The little of XML that STS and S3 answer with: elements by name, their text, no attributes that matter.
enum XMLText {
    /// What stands inside the first element `name`; nil if there is none, or it does not end.
    static func inside(_ name: String, of xml: some StringProtocol) -> Substring? {
        var iterator = elements(name, of: xml).makeIterator()
        return iterator.next()
    }

    /// The text of the first element `name`.
    static func first(_ name: String, in xml: some StringProtocol) -> String? {
        inside(name, of: xml).map { decoded($0) }
    }

    /// What stands inside each element `name`, in order. An element is taken to hold none of its own name.
    static func elements(_ name: String, of xml: some StringProtocol) -> [Substring] {
        let text = Substring(xml)
        var found: [Substring] = []
        var at = text.startIndex
        while let tag = nextTag(in: text, from: at) {
            at = tag.end
            guard tag.name == name, !tag.isClosing else { continue }
            if tag.isEmpty {
                found.append("")
                continue
            }
            var inner = tag.end
            while let closing = nextTag(in: text, from: inner) {
                inner = closing.end
                guard closing.isClosing, closing.name == name else { continue }
                found.append(text[tag.end..<closing.start])
                at = closing.end
                break
            }
        }
        return found
    }

    private struct Tag {
        let start: Substring.Index
        let end: Substring.Index
        let name: Substring
        let isClosing: Bool
        /// `<Name/>`.
        let isEmpty: Bool
    }

    private static func nextTag(in text: Substring, from: Substring.Index) -> Tag? {
        guard let start = text[from...].utf8.firstIndex(of: UInt8(ascii: "<")),
            let close = text[start...].utf8.firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        var body = text[text.utf8.index(after: start)..<close]
        let isClosing = body.utf8.first == UInt8(ascii: "/")
        if isClosing { body = body.dropFirst() }
        let isEmpty = body.utf8.last == UInt8(ascii: "/")
        let name = body.prefix { $0 != " " && $0 != "/" && $0 != "\n" && $0 != "\t" && $0 != "\r" }
        return Tag(
            start: start, end: text.utf8.index(after: close), name: name, isClosing: isClosing, isEmpty: isEmpty)
    }

    /// The five named characters and those by number; anything else stays as it is.
    static func decoded(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        var out = ""
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "&") {
            out += rest[..<start]
            rest = rest[start...]
            guard let end = rest.firstIndex(of: ";"), let character = character(rest[rest.index(after: start)..<end])
            else {
                out.append("&")
                rest = rest.dropFirst()
                continue
            }
            out.unicodeScalars.append(character)
            rest = rest[rest.index(after: end)...]
        }
        return out + rest
    }

    private static func character(_ name: Substring) -> Unicode.Scalar? {
        switch name {
        case "lt": "<"
        case "gt": ">"
        case "amp": "&"
        case "quot": "\""
        case "apos": "'"
        default:
            if name.hasPrefix("#x") {
                UInt32(name.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
            } else if name.hasPrefix("#") {
                UInt32(name.dropFirst()).flatMap { Unicode.Scalar($0) }
            } else {
                nil
            }
        }
    }
}
