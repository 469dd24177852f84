import Testing
import Workload

@testable import Text

@Suite("MediaWiki's markup")
struct WikiMarkupTests {
    private func text(_ markup: String) -> String {
        WikiMarkup.sections(markup).map { ($0.title.isEmpty ? "" : "[\($0.title)] ") + $0.text }
            .joined(separator: " | ")
    }

    @Test(
        "becomes the words that a reader sees",
        arguments: [
            ("plain ''italic'' '''bold''' '''''both'''''", "plain italic bold both"),
            ("a [[link]] and a [[Page (x)|label]]s", "a link and a labels"),
            ("[[File:a.jpg|thumb|with a [[link]] in it]]left", "left"),
            ("[[Category:Dogs]][[:Category:Cats]] [[fr:Chien]]x", "Category:Cats x"),
            ("see [http://x.org the site] and [http://y.org]!", "see the site and !"),
            ("a{{cite|b={{c}}|}}d{{unclosed", "ad{{unclosed"),
            ("before\n{| class=x\n|-\n| cell {{t}}\n|}\nafter", "before\n\nafter"),
            ("fact<ref name=a>source</ref> more<ref name=\"b\" /> end", "fact more end"),
            ("x<!-- hidden -->y<br/>z", "xy z"),
            (
                "&amp;ndash; is \u{2013} &ndash; &#8212; &#x41;&nbsp;b &unknown;",
                "&ndash; is \u{2013} \u{2013} \u{2014} A b &unknown;"
            ),
            ("* one\n* two\n# three\n: four", "one\ntwo\nthree\nfour"),
            ("== A ==\ntext\n=== B ===\nmore\n== C ==\nlast", "[A] text | [A > B] more | [C] last"),
            ("text\n== References ==\n<references/>\nnoise\n=== Deep ===\nnoise", "text"),
            ("__NOTOC__\n----\nword", "word"),
            ("x <math>a<b</math> y", "x y"),
            ("1 < 2 and a<b>c</b>", "1 < 2 and ac"),
        ])
    func cleaned(_ markup: String, _ expected: String) {
        let squeezed = text(markup).split(separator: " ").joined(separator: " ")
        #expect(squeezed == expected)
    }

    @Test(
        "takes time in proportion to its length, whatever it is",
        arguments: [
            "{{", "[[", "{|", "<ref>", "<!--", "[[a|", "{{a|", "[http://x ", "&", "''", "<", "=", "[[File:", "]]", "}}",
            "<ref>[[{{", "[[a|b]]", "|}}",
        ])
    func hostile(_ piece: String) {
        let clock = ContinuousClock()
        func seconds(_ count: Int) -> Double {
            let markup = String(repeating: piece, count: count)
            return clock.measure { _ = WikiMarkup.sections(markup) } / .seconds(1)
        }
        _ = seconds(1000)
        let short = (0..<3).map { _ in seconds(10_000) }.min() ?? 0
        let long = seconds(80_000)
        // Eight times as much; a square would take 64 times as long.
        #expect(long < 32 * short + 0.1, "\(piece): \(short) s, then \(long) s")
    }

    @Test("of any kind is read without harm")
    func fuzz() {
        let seed = Seed.of("wiki markup")
        var generator = SplitMix64(seed: seed)
        let pieces = [
            "{{", "}}", "[[", "]]", "{|", "|}", "|", "<ref>", "</ref>", "<!--", "-->", "\n", "==", "word", " ", "'''",
            "&lt;",
            "é", "\u{0}", "[http://a ", "]", "<b ", ">", "*", "File:", ":", "日本",
        ]
        for _ in 0..<Seed.steps(2000) {
            let count = Int(generator.next() % 60)
            let markup = (0..<count).map { _ in pieces[Int(generator.next() % UInt64(pieces.count))] }.joined()
            for section in WikiMarkup.sections(markup) { #expect(!section.text.isEmpty, "seed \(seed): \(markup)") }
        }
    }
}

@Suite("Markdown")
struct MarkdownTests {
    @Test("becomes text in sections, with the labels of its links")
    func document() {
        let text = """
            ---
            title: "The front"
            tags: x
            ---
            Intro with *emphasis*, `code`, snake_case and a [link](http://x.org "t").
            ![alt text](a.png) <b>bold</b> &amp; <https://y.org>

            # One

            - first item
            - [x] second

            ## Two ##
            ```swift
            # not a heading
            let a = [1](2)
            ```
            Under
            =====
            last | line
            """
        let (title, sections) = Markdown.document(text)
        #expect(title == "The front")
        #expect(sections.map(\.title) == ["", "One", "One > Two", "Under"])
        guard sections.count == 4 else { return }
        #expect(
            sections[0].text
                == "Intro with emphasis, code, snake_case and a link. alt text bold & https://y.org")
        #expect(sections[1].text == "first item\nsecond")
        #expect(sections[2].text == "# not a heading\nlet a = [1](2)")
        #expect(sections[3].text == "last | line")
    }

    @Test("has lines that end as on any system", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(_ end: String) throws {
        let folder = TemporaryFolder()
        let text = ["# Head", "", "one", "two", "", "Under", "-----", "three", ""].joined(separator: end)
        let document = try #require(try read(folder.write("a.md", text)).items.first?.document)
        #expect(document.title == "Head" && document.sections.map(\.title) == ["Head", "Head > Under"])
        #expect(document.sections.map(\.text) == ["one two", "three"])
        let plain = try #require(try read(folder.write("b.txt", "one\(end)\(end)two")).items.first?.document)
        #expect(plain.sections.map(\.text) == ["one\n\ntwo"])
    }

    @Test("takes its title from the first heading where nothing says it")
    func title() {
        #expect(Markdown.document("text\n\n# Head *line*\n\nmore").title == "Head line")
        #expect(Markdown.document("no heading").title == nil)
    }
}

@Suite("HTML")
struct WebpageTests {
    @Test("becomes text in sections, without scripts, styles and menus")
    func document() throws {
        let html = """
            <!DOCTYPE html><html><head><title>A &amp; B</title><style>p{}</style></head><body>
            <nav><a href=x>menu</a></nav><script>if (a<b) {}</script>
            <p>First <b>bold</b> line<br>second</p><h2>Sub<i>title</i></h2>
            <ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table>
            <p>caf&eacute; &#8364;</p>
            """
        let (title, sections) = try #require(Webpage.document(html))
        #expect(title == "A & B")
        #expect(sections.map(\.title) == ["", "Subtitle"])
        #expect(sections[0].text == "First bold line\nsecond")
        #expect(sections[1].text == "one\ntwo\n\na b\n\ncafé €")
    }

    @Test("broken in any way is read as far as it goes")
    func broken() {
        for html in [
            "", "<", "<p", "<p><b>x</i></p", "</div></div>x", "<table><td>y", String(repeating: "<div>", count: 5000),
        ] {
            #expect(Webpage.document(html) != nil, "\(html.prefix(20))")
        }
    }
}
