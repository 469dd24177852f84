/// Markdown as text in sections: headings by `#` and by underlines, links and images as their labels, no emphasis.
///
/// A reader by lines, not a renderer: what a passage is found by are its words, and those stay whatever is around them.
enum Markdown {
    static func document(_ text: String) -> (title: String?, sections: [SourceDocument.Section]) {
        var builder = SectionBuilder(), title: String?
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingEnd() }[...]
        if lines.first == "---", let end = lines.dropFirst().firstIndex(where: { $0 == "---" || $0 == "..." }) {
            title = frontTitle(lines[..<end])
            lines = lines[(end + 1)...]
        }
        var fence: Substring?
        for (number, line) in zip(lines.indices, lines) {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if let mark = fence {
                if trimmed.hasPrefix(mark) {
                    fence = nil
                    builder.endParagraph()
                } else {
                    builder.add(String(line), ownLine: true)
                }
                continue
            }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = trimmed.prefix(3)
                builder.endParagraph()
                continue
            }
            if trimmed.isEmpty {
                builder.endParagraph()
            } else if let (level, heading) = heading(trimmed) {
                builder.begin(level: level, title: heading)
                if title == nil, level == 1 { title = heading }
            } else if let level = underline(trimmed), number > lines.startIndex, !lines[number - 1].isEmpty {
                // The line before was taken for a paragraph's.
                if let heading = builder.takeLastLine() {
                    builder.begin(level: level, title: heading)
                    if title == nil, level == 1 { title = heading }
                }
            } else if !isRule(trimmed) {
                let item = withoutItemMark(trimmed)
                builder.add(inline(item.text), ownLine: item.isItem || trimmed.hasPrefix("|"))
            }
        }
        return (title, builder.finished())
    }

    private static func frontTitle(_ lines: ArraySlice<Substring>) -> String? {
        for line in lines where line.lowercased().hasPrefix("title:") {
            let value = line.dropFirst("title:".count).drop { $0 == " " }
            return value.isEmpty ? nil : String(value.trimming(["\"", "'"]))
        }
        return nil
    }

    private static func heading(_ line: Substring) -> (level: Int, title: String)? {
        let level = line.prefix { $0 == "#" }.count
        guard (1...6).contains(level), line.dropFirst(level).first.map({ $0 == " " || $0 == "\t" }) ?? false else {
            return nil
        }
        let title = inline(line.dropFirst(level).trimming([" ", "\t", "#"]))
        return title.isEmpty ? nil : (level, title)
    }

    private static func underline(_ line: Substring) -> Int? {
        if line.allSatisfy({ $0 == "=" }) { return 1 }
        return line.count >= 2 && line.allSatisfy { $0 == "-" } ? 2 : nil
    }

    private static func isRule(_ line: Substring) -> Bool {
        guard let mark = line.first, "-*_|".contains(mark) else { return false }
        return line.count >= 3 && line.allSatisfy { $0 == mark || $0 == " " || (mark == "|" && "-:".contains($0)) }
    }

    private static func withoutItemMark(_ line: Substring) -> (text: Substring, isItem: Bool) {
        var text = line, isItem = false
        while text.first == ">" { text = text.dropFirst().drop { $0 == " " } }
        if let mark = text.first, "-*+".contains(mark), text.dropFirst().first == " " {
            text = text.dropFirst(2)
            isItem = true
        } else {
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            let rest = text.dropFirst(digits.count)
            if (1...9).contains(digits.count), let stop = rest.first, ".)".contains(stop), rest.dropFirst().first == " "
            {
                isItem = true
            }
        }
        for box in ["[ ] ", "[x] ", "[X] "] where isItem && text.hasPrefix(box) { text = text.dropFirst(4) }
        return (text, isItem)
    }

    /// Without the marks of emphasis and code; links and images as their labels; tags gone, entities as characters.
    private static func inline(_ line: Substring) -> String {
        let bytes = Array(line.utf8)
        var out: [UInt8] = [], brackets: [Int] = [], at = 0
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\\") where at + 1 < bytes.count && bytes[at + 1] < 0x40:
                out.append(bytes[at + 1])
                at += 2
            case UInt8(ascii: "`"), UInt8(ascii: "*"):
                at += 1
            case UInt8(ascii: "~") where at + 1 < bytes.count && bytes[at + 1] == byte:
                at += 2
            case UInt8(ascii: "_") where isEdge(bytes, at):
                at += 1
            case UInt8(ascii: "!") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "["):
                at += 1
            case UInt8(ascii: "["):
                brackets.append(out.count)
                out.append(byte)
                at += 1
            case UInt8(ascii: "]"):
                at = closeBracket(bytes, at, &out, &brackets)
            case UInt8(ascii: "<"):
                at = tag(bytes, at, &out)
            case UInt8(ascii: "&"):
                at = Entities.append(bytes, at: at, to: &out)
            default:
                out.append(byte)
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\t" })
            .joined(separator: " ")
    }

    /// `](address)` and `][name]` leave the label alone.
    private static func closeBracket(
        _ bytes: [UInt8], _ place: Int, _ out: inout [UInt8], _ brackets: inout [Int]
    ) -> Int {
        guard let start = brackets.popLast() else {
            out.append(bytes[place])
            return place + 1
        }
        let next = place + 1 < bytes.count ? bytes[place + 1] : 0
        let close = next == UInt8(ascii: "(") ? UInt8(ascii: ")") : next == UInt8(ascii: "[") ? UInt8(ascii: "]") : 0
        let limit = min(bytes.count, place + 2000)
        guard close != 0, let end = bytes[min(place + 2, limit)..<limit].firstIndex(of: close) else {
            out.append(bytes[place])
            return place + 1
        }
        out.remove(at: start)
        return end + 1
    }

    private static func tag(_ bytes: [UInt8], _ place: Int, _ out: inout [UInt8]) -> Int {
        let next = place + 1 < bytes.count ? bytes[place + 1] : 0
        let limit = min(bytes.count, place + 2000)
        guard UTF8Text.isLetter(next) || next == UInt8(ascii: "/") || next == UInt8(ascii: "!"),
            let end = bytes[place..<limit].firstIndex(of: UInt8(ascii: ">"))
        else {
            out.append(bytes[place])
            return place + 1
        }
        let inside = bytes[place + 1..<end]
        // An address in angle brackets is its own label.
        if inside.starts(with: "http".utf8) { out += inside }
        return end + 1
    }

    private static func isEdge(_ bytes: [UInt8], _ at: Int) -> Bool {
        func isWord(_ place: Int) -> Bool {
            bytes.indices.contains(place)
                && (UTF8Text.isLetter(bytes[place]) || UTF8Text.isDigit(bytes[place]) || bytes[place] >= 0x80)
        }
        return !(isWord(at - 1) && isWord(at + 1))
    }
}

extension Substring {
    fileprivate func trimmingEnd() -> Substring {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    fileprivate func trimming(_ marks: Set<Character>) -> Substring {
        var text = drop { marks.contains($0) }
        while let last = text.last, marks.contains(last) { text.removeLast() }
        return text
    }
}
