/// Gathers lines and headings into sections.
struct SectionBuilder {
    private var sections: [SourceDocument.Section] = []
    private var path: [(level: Int, title: String)] = []
    private var paragraphs: [String] = []
    private var lines: [String] = []
    private let idle: Set<String>

    /// - Parameter idle: titles, in small letters, whose sections are left out with all below them.
    init(idle: Set<String> = []) { self.idle = idle }

    /// Takes a line of the paragraph of the moment.
    ///
    /// - Parameter ownLine: an item of a list or a row, which is not joined to what stands before it.
    mutating func add(_ line: String, ownLine: Bool = false) {
        if ownLine || lines.isEmpty { lines.append(line) } else { lines[lines.count - 1] += " " + line }
    }

    /// Takes the last line back, if it is all there is of its paragraph.
    mutating func takeLastLine() -> String? { lines.count == 1 ? lines.popLast() : nil }

    mutating func endParagraph() {
        if !lines.isEmpty { paragraphs.append(lines.joined(separator: "\n")) }
        lines = []
    }

    mutating func begin(level: Int, title: String) {
        endSection()
        while let last = path.last, last.level >= level { path.removeLast() }
        path.append((level, title))
    }

    private mutating func endSection() {
        endParagraph()
        let isIdle = path.contains { idle.contains($0.title.lowercased()) }
        if !paragraphs.isEmpty, !isIdle {
            sections.append(
                .init(
                    title: path.map(\.title).joined(separator: " > "), text: paragraphs.joined(separator: "\n\n")))
        }
        paragraphs = []
    }

    mutating func finished() -> [SourceDocument.Section] {
        endSection()
        return sections
    }
}
