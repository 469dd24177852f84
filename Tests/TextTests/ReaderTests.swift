import Foundation
import Testing
import Workload

@testable import Text

@Suite("Readers of documents")
struct ReaderTests {
    private let folder = TemporaryFolder()

    private func write(_ name: String, _ data: Data) throws -> String { try folder.write(name, data) }

    private func write(_ name: String, _ text: String) throws -> String { try folder.write(name, text) }

    private func page(_ id: Int, _ title: String, _ text: String, ns: Int = 0, extra: String = "") -> String {
        """
        <page><title>\(title)</title><ns>\(ns)</ns><id>\(id)</id>\(extra)<revision><id>9\(id)</id>
        <text xml:space="preserve">\(text)</text></revision></page>
        """
    }

    private func export(_ pages: String) -> String {
        """
        <mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" xml:lang="en"><siteinfo><sitename>W</sitename>
        <dbname>testwiki</dbname></siteinfo>\(pages)</mediawiki>
        """
    }

    private var export: String {
        export(
            page(1, "One &amp; only", "Text of ''one''.\n== Part ==\nMore &amp;ndash; here.")
                + page(2, "Redirect", "#REDIRECT [[One]]", extra: #"<redirect title="One"/>"#)
                + page(3, "Talk:One", "talk", ns: 1) + page(4, "Empty", "{{stub}}") + page(5, "東京", "日本の首都。"))
    }

    @Test("MediaWiki: articles with their sections; redirects, other namespaces and empty pages are left out by name")
    func mediaWiki() throws {
        let (items, failure) = try read(write("dump.xml", export))
        #expect(failure == nil && items.count == 5)
        let first = try #require(items[0].document)
        #expect(first.id == "testwiki/1" && first.title == "One & only" && first.file == "dump.xml")
        #expect(first.sections.map(\.text) == ["Text of one.", "More \u{2013} here."])
        #expect(items[1...3].map(\.reason) == ["a redirect", "no article, by its namespace", "a page without text"])
        #expect(items[4].document?.title == "東京" && items[4].document?.sections[0].text == "日本の首都。")
    }

    @Test("MediaWiki with history: the last revision of a page is its text")
    func history() throws {
        let older = "<revision><id>1</id><text>old ''words''.</text></revision>"
        let (items, failure) = try read(
            write("history.xml", export(page(1, "One", "new words.", extra: older + older) + page(2, "Two", "more."))))
        #expect(failure == nil)
        #expect(items.compactMap { $0.document?.sections.map(\.text) } == [["new words."], ["more."]])
    }

    @Test("MediaWiki packed, in one stream or several, and in UTF-16", arguments: ["gz", "bz2", "two.bz2", "utf16"])
    func packed(_ kind: String) throws {
        let plain = try write("dump.xml", export)
        let expected = try read(plain).items.map(\.document?.title)
        let path: String
        switch kind {
        case "gz": path = try pack("gzip", plain, "gz")
        case "bz2": path = try pack("bzip2", plain, "bz2")
        case "two.bz2":
            let whole = Array(export.utf8), middle = whole.count / 2
            let first = try pack("bzip2", write("a.xml", Data(whole[..<middle])), "bz2")
            let second = try pack("bzip2", write("b.xml", Data(whole[middle...])), "bz2")
            path = try write(
                "two.xml.bz2", Data(contentsOf: URL(filePath: first)) + Data(contentsOf: URL(filePath: second)))
        default:
            var data = Data([0xFF, 0xFE])
            for unit in (#"<?xml version="1.0" encoding="UTF-16"?>"# + export).utf16 {
                data.append(contentsOf: [UInt8(unit & 255), UInt8(unit >> 8)])
            }
            path = try write("wide.xml", data)
        }
        let (items, failure) = try read(path)
        #expect(failure == nil && items.map(\.document?.title) == expected)
    }

    @Test("a truncated .bz2 gives what came whole, then says where it ends")
    func truncated() throws {
        let pages = (1...4000).map { page($0, "Page \($0)", "text \($0 &* 2_654_435_761) of this page") }.joined()
        let packed = try pack("bzip2", write("long.xml", export(pages)), "bz2")
        let bytes = try Data(contentsOf: URL(filePath: packed))
        let cut = try write("cut.xml.bz2", bytes.prefix(bytes.count - 20))
        let (items, failure) = try read(cut)
        guard case .broken(cut, let place, _)? = failure else { return #expect(Bool(false), "\(failure as Any)") }
        #expect(place.hasPrefix("byte ") && items.allSatisfy { $0.document != nil })
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0x55
        #expect(try read(write("damaged.xml.bz2", damaged)).failure != nil)
    }

    @Test("broken XML gives the pages before it, then the file, the line and the column")
    func brokenXML() throws {
        let path = try write("broken.xml", export(page(1, "Good", "fine") + "\n<page><title>Bad</page>"))
        let (items, failure) = try read(path)
        #expect(items.compactMap(\.document?.title) == ["Good"])
        #expect("\(failure, default: "")".contains("\(path), line "))
        #expect("\(failure, default: "")".contains("mismatch"))
    }

    @Test("entities that a document makes for itself are refused, not put in")
    func bomb() throws {
        var entities = "<!ENTITY a0 \"ha\">"
        for i in 1...30 { entities += "<!ENTITY a\(i) \"&a\(i - 1);&a\(i - 1);\">" }
        let path = try write(
            "bomb.xml", "<!DOCTYPE x [\(entities)]>" + export(page(1, "Bomb", "&a30;") + page(2, "Next", "x")))
        let (items, failure) = try read(path)
        #expect(failure != nil || items.allSatisfy { ($0.document?.sections.first?.text.count ?? 0) < 1000 })
    }

    @Test("an article of 5 MB is one document")
    func longArticle() throws {
        let text = (0..<60_000).map { "Sentence number \($0) of an article that does not end. " }.joined()
        let words = String(repeating: "word ", count: 400_000)
        let (items, failure) = try read(write("long.xml", export(page(1, "Long", text + "\n\n" + words))))
        #expect(failure == nil && items.count == 1)
        #expect((items[0].document?.sections[0].text.utf8.count ?? 0) > 5_000_000)
    }

    @Test("JSON lines: by id or number; what has no text is left out with its line, and what is broken named broken")
    func jsonLines() throws {
        let path = try write(
            "a.jsonl",
            """
            {"id":"x","title":"T","text":"one"}
            {"_id":7,"content":"two"}

            {"body":"three"
            {"title":"no text"}
            {"passage":"four"}
            """)
        let (items, failure) = try read(path)
        #expect(failure == nil)
        #expect(items.compactMap(\.document?.id) == ["x", "7", "6"])
        let reason = try #require(items[2].reason)
        #expect(reason.hasPrefix("not JSON"))
        #expect(items[2] == .broken(file: "a.jsonl", place: "line 4", reason: reason))
        #expect(items[3] == .skipped(file: "a.jsonl, line 5", reason: "no text, content, body or passage in it"))
    }

    @Test("10,000 documents of one line")
    func manyLines() throws {
        let lines = (0..<10_000).map { "{\"id\":\"\($0)\",\"text\":\"line \($0)\"}\n" }.joined()
        #expect(try read(write("many.jsonl", lines)).items.count == 10_000)
    }

    @Test("a folder: in order, by kind; hidden and binary files are left out, and a broken one ends nothing")
    func folderOfFiles() throws {
        _ = try write("f/b.md", "# Bee\n\nbuzz")
        _ = try write("f/a.txt", "plain text")
        _ = try write("f/sub/c.html", "<title>Sea</title><p>waves</p>")
        _ = try write("f/.hidden/d.md", "no")
        _ = try write("f/empty.md", "")
        _ = try write("f/blank.txt", " \n\n ")
        _ = try write("f/image.png", Data([0x89, 0x50, 0, 0]))
        _ = try write("f/binary.txt", Data([1, 2, 0, 3]))
        _ = try write("f/x.xml", "<mediawiki><page>")
        _ = try write("f/latin.txt", Data([0x63, 0x61, 0x66, 0xE9, 0x20, 0x93]))
        _ = try write("f/z.txt.gz", Data(contentsOf: URL(filePath: pack("gzip", write("z.txt", "packed"), "gz"))))
        let (items, failure) = try read(folder.path + "/f")
        #expect(failure == nil)
        let documents = items.compactMap(\.document).filter { !$0.sections.isEmpty }
        #expect(documents.map(\.id) == ["a.txt", "b.md", "latin.txt", "sub/c.html", "z.txt.gz"])
        #expect(documents.map(\.title) == ["a", "Bee", "latin", "Sea", "z.txt"])
        #expect(documents[2].sections[0].text == "café \u{201C}")
        let empty = items.compactMap(\.document).filter(\.sections.isEmpty)
        #expect(empty.map(\.id) == ["blank.txt", "empty.md"])
        #expect(items.compactMap(\.reason).count == 3, "\(items.compactMap(\.reason))")
        #expect(items.count { $0.isBroken } == 1)
        #expect(DocumentReaders.label(of: folder.path + "/f/") == "f")
    }

    @Test("links and what holds no bytes are left out by name, and lead nowhere")
    func odd() throws {
        _ = try write("f/good.md", "# Good\n\nwords")
        for (link, target) in [("f/sub/round", ".."), ("f/link.md", "good.md"), ("f/dangling.md", "nowhere")] {
            _ = try write("f/sub/x.md", "x")
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + link, withDestinationPath: target)
        }
        #expect(unsafe mkfifo(folder.path + "/f/pipe.md", 0o600) == 0)
        let (items, failure) = try read(folder.path + "/f")
        #expect(failure == nil && items.compactMap(\.document?.id) == ["good.md", "sub/x.md"])
        #expect(items.compactMap(\.reason).count { $0.contains("link") } == 3)
        #expect(items.compactMap(\.reason).count { $0.contains("bytes") } == 1 && items.count == 6)
        let link = folder.path + "/f2"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "f")
        #expect(try read(link).items.count == 6)
    }

    @Test("what is not there is said")
    func absent() {
        #expect(throws: SourceError.self) { _ = try DocumentReaders.open(folder.path + "/none.md") }
    }

    @Test("a pipe or a device is refused at once: it can be read once, and a name may be opened twice")
    func noFile() throws {
        let pipe = folder.path + "/pipe.jsonl", link = folder.path + "/link.jsonl"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "pipe.jsonl")
        for path in [pipe, link, "/dev/null"] {
            do throws(SourceError) {
                _ = try DocumentReaders.open(path)
                Issue.record("\(path) was opened")
            } catch {
                #expect("\(error)".contains("write what comes out of it to a file"), "\(error)")
            }
        }
    }

    @Test("files of any bytes do no harm", arguments: ["xml", "html", "md", "jsonl", "txt", "xml.gz", "xml.bz2"])
    func fuzz(_ ending: String) throws {
        let seed = Seed.of("reader of .\(ending)")
        var generator = SplitMix64(seed: seed)
        let base: Data
        switch ending {
        case "xml.gz": base = try Data(contentsOf: URL(filePath: pack("gzip", write("p.xml", export), "gz")))
        case "xml.bz2": base = try Data(contentsOf: URL(filePath: pack("bzip2", write("p.xml", export), "bz2")))
        case "jsonl": base = Data("{\"id\":\"x\",\"text\":\"one\"}\n{\"text\":\"two\"}\n".utf8)
        default: base = Data(export.utf8)
        }
        for _ in 0..<Seed.steps(150) {
            var bytes = base
            for _ in 0..<Int(generator.next() % 8) + 1 {
                let at = bytes.startIndex + Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.removeSubrange(at..<min(bytes.endIndex, at + 7))
                default: bytes.insert(contentsOf: bytes.prefix(Int(generator.next() % 20)), at: at)
                }
                if bytes.isEmpty { bytes = Data([0]) }
            }
            _ = try read(write("fuzz." + ending, bytes))
        }
    }
}

@Suite("Bytes of text files")
struct DecodedTextTests {
    @Test("are read as UTF-8, UTF-16 or Windows-1252, or are no text")
    func decoding() {
        #expect(DecodedText.string(Array("é日".utf8)) == "é日")
        #expect(DecodedText.string([0xEF, 0xBB, 0xBF, 0x61]) == "a")
        #expect(DecodedText.string([0xFE, 0xFF, 0x00, 0x61, 0x65, 0xE5]) == "a日")
        #expect(DecodedText.string([0xFF, 0xFE, 0x61, 0x00, 0x3D, 0xD8, 0x80, 0xDE]) == "a\u{1F680}")
        #expect(DecodedText.string([0x80, 0xFC]) == "\u{20AC}ü")
        #expect(DecodedText.string([0x61, 0, 0x62]) == nil && DecodedText.string([1, 2, 3]) == nil)
    }

    @Test(
        "of a page are read in the charset that it declares, once",
        arguments: [
            ("<meta charset=\"iso-8859-1\">", [0xE9, 0x93], "é\u{201C}"),
            ("<META CharSet = Windows-1251 />", [0xEF, 0xF0, 0xE8], "при"),
            ("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", [0xD0, 0xD2, 0xC9], "при"),
            ("<meta charset='shift_jis'>", [0x93, 0x8C, 0x8B, 0x9E], "東京"),
            ("<?xml version='1.0' encoding='EUC-JP'?>", [0xC5, 0xEC], "東"),
            ("<!-- <meta charset=koi8-r> --><meta name=x content='charset=koi8-r'>", [0xC3, 0xA9], "é"),
            ("<meta charset=utf-8>", [0xC3, 0xA9], "é"), ("<meta charset=utf-8>", [0xE9], "é"),
            ("<meta charset=no-such>", [0xC3, 0xA9], "é"), ("<meta charset>", [0xE9], "é"), ("", [0xC3, 0xA9], "é"),
            ("<meta charset=gb2312>", [0xC1, 0xAA, 0xFF], "联\u{FFFD}"),
            ("<meta charset=iso-8859-2>", [0xB1], "ą"), ("<meta charset=windows-1258>", [0xE3], "ă"),
        ] as [(String, [UInt8], String)])
    func declaredCharset(_ head: String, _ bytes: [UInt8], _ expected: String) throws {
        let page = Array("<html><head>\(head)<title>".utf8) + bytes + Array("</title></head><body><p>".utf8) + bytes
        let folder = TemporaryFolder()
        let document = try #require(try read(folder.write("page.html", Data(page))).items.first?.document)
        #expect(document.title == expected && document.sections.map(\.text) == [expected])
    }

    @Test("of a page with a byte order mark are what that says, whatever the page declares")
    func markBeforeCharset() {
        let page = "<meta charset=koi8-r>é"
        #expect(DecodedText.string([0xEF, 0xBB, 0xBF] + Array(page.utf8), isHTML: true) == page)
        let wide = page.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(DecodedText.string([0xFF, 0xFE] + wide, isHTML: true) == page)
        #expect(DeclaredCharset.name(in: Array(repeating: UInt8(ascii: "<"), count: 100_000)) == nil)
    }

    @Test("are unpacked piece by piece, whatever the pieces are", arguments: [1, 7, 1000])
    func unpackers(_ size: Int) throws {
        // "hello, hello, hello" by gzip and by bzip2.
        let packed: [(any Unpacker, String)] = [
            (GzipUnpacker(), "1f8b08000000000002ffcb48cdc9c9d751c840a2009fa1ca0913000000"),
            (
                BzipUnpacker(),
                "425a68393141592653599c453ed300000391004004024"
                    + "4a00021223030065227e454585dc914e142427114fb4c"
            ),
        ]
        for (unpacker, hex) in packed {
            var left = stride(from: 0, to: hex.count, by: 2).map { at in
                UInt8(hex.dropFirst(at).prefix(2), radix: 16) ?? 0
            }
            var out: [UInt8] = []
            while !left.isEmpty, !unpacker.isBroken {
                let (unpacked, used) = unpacker.unpack(Array(left.prefix(size)))
                out += unpacked
                left.removeFirst(used)
            }
            #expect(unpacker.isAtEnd && !unpacker.isBroken)
            #expect(String(decoding: out, as: UTF8.self) == "hello, hello, hello")
        }
    }
}

@Suite("Chunker")
struct ChunkerTests {
    private func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

    @Test("keeps its limits, loses no sentence, never crosses a section, and repeats as little as it says")
    func property() {
        let seed = Seed.of("chunker")
        var generator = SplitMix64(seed: seed)
        for _ in 0..<Seed.steps(300) {
            var sentences: [[String]] = []
            for section in 0..<Int(generator.next() % 3) + 1 {
                sentences.append(
                    (0..<Int(generator.next() % 30)).map { number in
                        let count = Int(generator.next() % 40) + 1
                        return "S\(section)x\(number) " + String(repeating: "word ", count: count) + "end."
                    })
            }
            let document = SourceDocument(
                id: "d", title: "t", file: "f",
                sections: sentences.enumerated().map { .init(title: "\($0)", text: $1.joined(separator: " ")) })
            let limit = Int(generator.next() % 60) + 5
            let chunks = Chunker(limit: limit) { $0.split(whereSeparator: \.isWhitespace).count }.chunks(of: document)
            #expect(chunks.map(\.number) == Array(0..<chunks.count), "seed \(seed)")
            for chunk in chunks {
                #expect(words(chunk.text) <= limit && !chunk.text.isEmpty, "seed \(seed)")
                #expect(chunk.text.matches(of: /S(\d+)x/).allSatisfy { $0.1 == chunk.section }, "seed \(seed)")
            }
            for (section, list) in sentences.enumerated() {
                for (number, _) in list.enumerated() {
                    let holders = chunks.count {
                        $0.text.contains("S\(section)x\(number) ") || $0.text.hasSuffix("S\(section)x\(number)")
                    }
                    #expect(holders >= 1, "seed \(seed): S\(section)x\(number)")
                }
            }
        }
    }

    @Test("takes any limit, as far as there are texts of such a length")
    func limits() {
        for (limit, taken) in [(.max, 1_000_000), (.min, 1), (0, 1), (7, 7)] as [(Int, Int)] {
            let chunker = Chunker(limit: limit) { $0.count }
            #expect(chunker.limit == taken && chunker.overlap <= chunker.limit / 2)
        }
        let largest = Chunker(limit: .max, overlap: .max, byteLimit: .max) { $0.count }
        #expect(largest.overlap == 500_000)
    }

    @Test("knows the ends of sentences: abbreviations, numbers, quotes, other scripts")
    func sentences() {
        func cut(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            return Sentences.ranges(in: bytes).map { UTF8Text.string($0, of: bytes) }
        }
        #expect(
            cut("Dr. Smith paid 3.14 euros, e.g. to J. S. Bach. He left.") == [
                "Dr. Smith paid 3.14 euros, e.g. to J. S. Bach.", "He left.",
            ])
        #expect(cut("東京は首都です。人口は多い！本当？") == ["東京は首都です。", "人口は多い！", "本当？"])
        #expect(
            cut("\"Really?\" she said. \"Yes!\" Then silence...") == [
                "\"Really?\" she said.", "\"Yes!\"", "Then silence...",
            ])
        #expect(cut("") == [] && cut(" \n\n ") == [])
    }

    @Test("cuts what is too long at words, and words at characters")
    func long() {
        let document = SourceDocument(
            id: "d", title: "", file: "",
            sections: [
                .init(title: "", text: String(repeating: "word ", count: 100) + String(repeating: "é", count: 500))
            ])
        let chunks = Chunker(limit: 20, byteLimit: 64) { $0.split(separator: " ").count }.chunks(of: document)
        #expect(chunks.allSatisfy { $0.text.utf8.count <= 64 && !$0.text.contains("\u{FFFD}") })
        #expect(chunks.map(\.text).joined().filter { $0 == "é" }.count >= 500)
    }
}
