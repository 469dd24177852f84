/// The pages of a MediaWiki export, one after another as they stream by.
final class WikiReader: DocumentReader {
    private let file: SourceFile
    private let name: String
    private let parser: MarkupParser
    private var page = Page()
    private var names: [String] = []
    private var site: [UInt8] = []
    private var ready: [SourceItem] = []
    private var position = 0
    private var failure: SourceError?
    private var isAtEnd = false

    private struct Page {
        var title: [UInt8] = []
        var namespace: [UInt8] = []
        var id: [UInt8] = []
        var text: [UInt8] = []
        var isRedirect = false
    }

    /// - Parameter name: of the file, for people.
    init(_ file: SourceFile, name: String) throws(SourceError) {
        guard let parser = MarkupParser(html: false) else {
            throw .unreadable(path: file.path, problem: "there is no memory for it")
        }
        self.file = file
        self.name = name
        self.parser = parser
    }

    var progress: (done: Int, all: Int?) { (file.readCount, file.byteCount) }

    func next() throws(SourceError) -> SourceItem? {
        while position == ready.count {
            if let failure {
                self.failure = nil
                isAtEnd = true
                throw failure
            }
            if isAtEnd { return nil }
            ready.removeAll(keepingCapacity: true)
            position = 0
            readOn()
        }
        position += 1
        return ready[position - 1]
    }

    /// What was whole before a file breaks off is given before the error.
    private func readOn() {
        do throws(SourceError) {
            let piece = try file.next()
            do {
                try parser.feed(piece ?? [], last: piece == nil) { take($0) }
            } catch {
                throw .broken(path: file.path, place: error.place, problem: error.problem)
            }
            isAtEnd = piece == nil
        } catch {
            failure = error
        }
    }

    private func take(_ event: MarkupParser.Event) {
        switch event {
        case .begin(let name):
            names.append(name)
            if name == "page" { page = Page() }
            // An export with history has them all, the last one last: that is what the page says now.
            if name == "revision" { page.text = [] }
            if name == "redirect" { page.isRedirect = true }
        case .end(let name):
            if name == "page" { endPage() }
            names.removeLast()
        case .text(let bytes):
            let parent = names.count > 1 ? names[names.count - 2] : ""
            switch (parent, names.last) {
            case ("page", "title"): page.title += bytes
            case ("page", "ns"): page.namespace += bytes
            case ("page", "id"): page.id += bytes
            case ("revision", "text"): page.text += bytes
            case ("siteinfo", "dbname"): site += bytes
            default: break
            }
        }
    }

    private func endPage() {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let title = text(page.title), place = "\(name), page \"\(title)\""
        if page.isRedirect { return skip(place, "a redirect") }
        if !["", "0"].contains(text(page.namespace)) { return skip(place, "no article, by its namespace") }
        let sections = WikiMarkup.sections(text(page.text))
        if sections.isEmpty { return skip(place, "a page without text") }
        let id = page.id.isEmpty ? title : text(page.id)
        ready.append(
            .document(
                SourceDocument(
                    id: (site.isEmpty ? name : text(site)) + "/" + id, title: title, file: name, sections: sections)))
    }

    private func skip(_ file: String, _ reason: String) { ready.append(.skipped(file: file, reason: reason)) }
}
