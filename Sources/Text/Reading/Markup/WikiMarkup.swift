/// The text of a page of MediaWiki: templates, tables, references, formulas and files taken out, links put as their
/// labels, headings made into sections.
///
/// Each step passes over the bytes once, whatever the page is: brackets that nothing closes are text, and what is
/// nested deeper than ``depthLimit`` is not looked into.
enum WikiMarkup {
    private static let depthLimit = 64

    static func sections(_ text: String) -> [SourceDocument.Section] {
        var bytes = Array(text.utf8)
        bytes = withoutTags(bytes)
        bytes = withoutBraces(bytes)
        bytes = withLabels(bytes)
        return lines(bytes)
    }

    // MARK: Comments and tags

    /// Elements that go with what is in them.
    private static let dropped: Set<String> = [
        "ref", "math", "gallery", "timeline", "imagemap", "score", "chem", "hiero", "syntaxhighlight", "source",
        "graph",
        "templatedata", "mapframe", "maplink", "style", "script", "noinclude",
    ]
    private static let breaking: Set<String> = ["br", "p", "div", "li", "tr", "blockquote", "poem", "hr"]

    private static func withoutTags(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = 0
        // Where no end of an element was found behind a place, none is behind a later one.
        var hopeless: Set<String> = []
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "<") else {
                out.append(bytes[at])
                at += 1
                continue
            }
            if has("<!--", bytes, at) {
                if !hopeless.contains("-->"), let end = find("-->", bytes, from: at + 4) {
                    at = end
                } else {
                    hopeless.insert("-->")
                    at += 4
                }
                continue
            }
            guard let tag = Tag(bytes, at) else {
                out.append(bytes[at])
                at += 1
                continue
            }
            at = tag.end
            if tag.isOpening, dropped.contains(tag.name) {
                let close = "</" + tag.name
                if !hopeless.contains(close), let end = find(close, bytes, from: tag.end) {
                    at = (bytes[end...].firstIndex(of: UInt8(ascii: ">")) ?? end - 1) + 1
                } else {
                    hopeless.insert(close)
                }
            } else if breaking.contains(tag.name) {
                out.append(0x0A)
            }
        }
        return out
    }

    /// `<name ...>`, `</name>` or `<name ... />`, at most 2,000 bytes long.
    private struct Tag {
        let name: String
        let end: Int
        let isOpening: Bool

        init?(_ bytes: [UInt8], _ start: Int) {
            var at = start + 1
            let isClosing = at < bytes.count && bytes[at] == UInt8(ascii: "/")
            if isClosing { at += 1 }
            let first = at
            while at < bytes.count, at - first < 24, UTF8Text.isLetter(bytes[at]) || UTF8Text.isDigit(bytes[at]) {
                at += 1
            }
            guard at > first, UTF8Text.isLetter(bytes[first]) else { return nil }
            name = String(decoding: bytes[first..<at], as: UTF8.self).lowercased()
            let limit = min(bytes.count, start + 2000)
            while at < limit, bytes[at] != UInt8(ascii: ">") {
                if bytes[at] == UInt8(ascii: "<") { return nil }
                at += 1
            }
            guard at < limit else { return nil }
            end = at + 1
            isOpening = !isClosing && bytes[at - 1] != UInt8(ascii: "/")
        }
    }

    // MARK: Templates and tables

    /// Takes out what stands in `{{ }}` and in `{| |}`, where these close.
    private static func withoutBraces(_ bytes: [UInt8]) -> [UInt8] {
        var open: [(place: Int, isTable: Bool)] = [], taken: [Range<Int>] = []
        var at = 0
        while at + 1 < bytes.count {
            switch (bytes[at], bytes[at + 1]) {
            case (UInt8(ascii: "{"), UInt8(ascii: "{")):
                open.append((at, false))
                at += 2
            case (UInt8(ascii: "{"), UInt8(ascii: "|")):
                open.append((at, true))
                at += 2
            case (UInt8(ascii: "}"), UInt8(ascii: "}")), (UInt8(ascii: "|"), UInt8(ascii: "}")):
                let isTable = bytes[at] == UInt8(ascii: "|")
                // "|}}" ends a template whose last field is empty.
                if isTable, at + 2 < bytes.count, bytes[at + 2] == UInt8(ascii: "}"), open.last?.isTable == false {
                    at += 1
                    continue
                }
                guard let last = open.last, last.isTable == isTable else {
                    at += isTable ? 1 : 2
                    continue
                }
                open.removeLast()
                while let inner = taken.last, inner.lowerBound > last.place { taken.removeLast() }
                taken.append(last.place..<at + 2)
                at += 2
            default: at += 1
            }
        }
        var out: [UInt8] = [], from = 0
        out.reserveCapacity(bytes.count)
        for range in taken {
            out += bytes[from..<range.lowerBound]
            from = range.upperBound
        }
        return out + bytes[from...]
    }

    // MARK: Links

    private struct Link {
        /// Where its content begins in what is written.
        let start: Int
        /// Where its last field begins; nil while it has one.
        var label: Int?
    }

    private static let taken = ["file:", "image:", "category:", "media:", "datei:", "kategorie:", "fichier:"]

    private static func withLabels(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [], links: [Link] = [], at = 0
        out.reserveCapacity(bytes.count)
        while at < bytes.count {
            let byte = bytes[at], next = at + 1 < bytes.count ? bytes[at + 1] : 0
            switch byte {
            case UInt8(ascii: "[") where next == byte:
                if links.count < depthLimit { links.append(Link(start: out.count)) }
                at += 2
            case UInt8(ascii: "]") where next == byte:
                if let link = links.popLast() { close(link, &out) }
                at += 2
            case UInt8(ascii: "["):
                at = external(bytes, at, &out)
            case UInt8(ascii: "|") where !links.isEmpty:
                links[links.count - 1].label = out.count + 1
                out.append(byte)
                at += 1
            case UInt8(ascii: "'") where next == byte:
                while at < bytes.count, bytes[at] == byte { at += 1 }
            case UInt8(ascii: "&"):
                at = Entities.append(bytes, at: at, to: &out)
            default:
                out.append(byte)
                at += 1
            }
        }
        return out
    }

    private static func close(_ link: Link, _ out: inout [UInt8]) {
        let head = String(decoding: out[link.start..<min(out.count, link.start + 12)], as: UTF8.self).lowercased()
        if taken.contains(where: { head.hasPrefix($0) }) || isOtherLanguage(head) {
            out.removeSubrange(link.start...)
        } else if let label = link.label, label <= out.count {
            out.removeSubrange(link.start..<label)
        } else if head.hasPrefix(":") {
            out.remove(at: link.start)
        }
    }

    /// `fr:Anarchisme`, at the end of pages of old dumps.
    private static func isOtherLanguage(_ head: String) -> Bool {
        guard let colon = head.firstIndex(of: ":") else { return false }
        let code = head[..<colon]
        return (2...3).contains(code.count) && code.allSatisfy { $0.isASCII && $0.isLetter }
    }

    /// `[http://address label]`: the label.
    private static func external(_ bytes: [UInt8], _ place: Int, _ out: inout [UInt8]) -> Int {
        let isAddress = ["[http", "[//", "[ftp", "[mailto"].contains { has($0, bytes, place) }
        let limit = min(bytes.count, place + 2000)
        var at = place + 1
        while at < limit, bytes[at] != 0x20, bytes[at] != UInt8(ascii: "]"), bytes[at] != 0x0A { at += 1 }
        guard isAddress, at < limit else {
            out.append(bytes[place])
            return place + 1
        }
        // What follows up to the bracket is read on as text.
        if bytes[at] == 0x20, let end = bytes[at..<limit].firstIndex(of: UInt8(ascii: "]")) {
            out += bytes[at + 1..<end].filter { $0 != UInt8(ascii: "'") }
            return end + 1
        }
        return at + 1
    }

    // MARK: Lines

    /// Sections of links and sources, which answer nothing.
    private static let idle: Set<String> = [
        "references", "external links", "see also", "further reading", "notes", "bibliography", "sources", "footnotes",
        "notes and references", "citations", "einzelnachweise", "weblinks", "siehe auch", "literatur",
    ]

    private static func lines(_ bytes: [UInt8]) -> [SourceDocument.Section] {
        var sections = SectionBuilder(idle: idle)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let range = UTF8Text.trimmed(line.startIndex..<line.endIndex, of: bytes)
            guard !range.isEmpty else {
                sections.endParagraph()
                continue
            }
            if let (level, title) = heading(bytes[range]) {
                sections.begin(level: level, title: title)
                continue
            }
            var first = range.lowerBound
            while first < range.upperBound, [0x2A, 0x23, 0x3A, 0x3B, 0x20].contains(bytes[first]) { first += 1 }
            let isItem = first > range.lowerBound
            let text = String(decoding: bytes[first..<range.upperBound], as: UTF8.self)
            if text.isEmpty || text.hasPrefix("----") || text.hasPrefix("__") && text.hasSuffix("__") { continue }
            sections.add(text, ownLine: isItem)
        }
        return sections.finished()
    }

    /// `== Title ==`.
    private static func heading(_ line: ArraySlice<UInt8>) -> (level: Int, title: String)? {
        let equals = UInt8(ascii: "=")
        let level = min(line.prefix { $0 == equals }.count, line.reversed().prefix { $0 == equals }.count, 6)
        guard level > 0, line.count > 2 * level else { return nil }
        let inner = line.dropFirst(level).dropLast(level)
        let title = String(decoding: inner, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return title.isEmpty ? nil : (level, title)
    }

    private static func has(_ text: String, _ bytes: [UInt8], _ place: Int) -> Bool {
        bytes[place...].starts(with: text.utf8)
    }

    /// The place behind the first `text`, in letters of any size.
    private static func find(_ text: String, _ bytes: [UInt8], from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        guard var at = bytes[min(start, bytes.count)...].firstIndex(of: wanted[0]) else { return nil }
        while at + wanted.count <= bytes.count {
            if (0..<wanted.count).allSatisfy({ lower(bytes[at + $0]) == wanted[$0] }) { return at + wanted.count }
            guard let next = bytes[(at + 1)...].firstIndex(of: wanted[0]) else { return nil }
            at = next
        }
        return nil
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
}
