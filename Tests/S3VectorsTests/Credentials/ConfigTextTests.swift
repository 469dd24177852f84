import Testing

@testable import S3Vectors

@Suite("The user's AWS files as text")
struct ConfigTextTests {
    @Test("sections, settings, comments, quotes and lines that go on")
    func sections() throws {
        let text = try ConfigText(
            """
            # a comment
            [default]
            Region = eu-west-1
              ; another
            key=a=b # not a comment: so botocore has it
            [ profile  dev ]\r
            empty =
            s3 =
              addressing_style = path
              max: 3
            region : us-east-2\r
            [default]
            output=json
            """, path: "config")
        #expect(text.sections["default"]?["region"] == "eu-west-1")
        #expect(text.sections["default"]?["key"] == "a=b # not a comment: so botocore has it")
        #expect(text.sections["default"]?["output"] == "json")
        let dev = try #require(text.sections["profile  dev"])
        #expect(dev["empty"] == "")
        #expect(dev["region"] == "us-east-2")
        #expect(ConfigText.nested(dev["s3"] ?? "") == ["addressing_style": "path", "max": "3"])
    }

    @Test(
        "what is neither is refused with its line",
        arguments: [
            ("a = b", "line 1", "before any section"), ("[x]\nwhat", "line 2", "neither"),
            ("[x]\n\n[y", "line 3", "closing bracket"), ("[x]\n= b", "line 2", "neither"),
        ])
    func refusals(text: String, line: String, what: String) throws {
        let error = #expect(throws: CredentialError.self) { try ConfigText(text, path: "the/config") }
        let message = try #require(error).description
        #expect(message.contains("the/config, \(line)") && message.contains(what), "\(message)")
    }

    @Test("a .env file is read as shells read it, without substitutions")
    func dotEnv() throws {
        let values = try DotEnv.values(
            """
            # comment
            A=1
            export B = two words # comment
            C="x \\"y\\" \\n # z" # comment
              D='$A \\n'
            E=
            F=a#b
            """, path: ".env")
        #expect(
            values == [
                "A": "1", "B": "two words", "C": "x \"y\" \n # z", "D": "$A \\n", "E": "", "F": "a#b",
            ])
        for text in ["novalue", "=x", "A=\"open", "A='open"] {
            #expect(throws: CredentialError.self) { try DotEnv.values(text, path: ".env") }
        }
    }

    @Test("a command line is split as a shell splits it")
    func words() {
        #expect(ShellWords.split(#"a  'b c'"d" e\ f "g\"h\i" '' "#) == ["a", "b cd", "e f", "g\"h\\i", ""])
        #expect(ShellWords.split("'open") == nil)
        #expect(ShellWords.split("end\\") == nil)
        #expect(ShellWords.split("  ") == [])
    }

    @Test("times of all the forms that AWS's tools write")
    func times() {
        #expect(Timestamp.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(Timestamp.seconds("2026-01-02T03:04:05Z") == 1_767_323_045)
        #expect(Timestamp.seconds("2026-01-02T03:04:05.25Z") == 1_767_323_045.25)
        #expect(Timestamp.seconds("2026-01-02T03:04:05UTC") == 1_767_323_045)
        #expect(Timestamp.seconds("2026-01-02T04:04:05+01:00") == 1_767_323_045)
        #expect(Timestamp.seconds("2026-01-01T21:34:05-0530") == 1_767_323_045)
        #expect(Timestamp.seconds("2024-02-29T00:00:00Z") == 1_709_164_800)
        for text in ["", "now", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T25:04:05Z", "2026-01-02T03:04:05X"] {
            #expect(Timestamp.seconds(text) == nil, "\(text)")
        }
        #expect(Timestamp.text(1_767_323_045.9) == "2026-01-02T03:04:05Z")
    }

    @Test("the little XML that is read")
    func xml() {
        let xml = "<?xml version=\"1.0\"?><R xmlns='x'><A>1 &lt; 2 &amp;&#65;&#x42; &no;</A><L><A/></L><A>3</A></R>"
        #expect(XMLText.first("A", in: xml) == "1 < 2 &AB &no;")
        #expect(XMLText.elements("A", of: xml).map { String($0) } == ["1 &lt; 2 &amp;&#65;&#x42; &no;", "", "3"])
        #expect(XMLText.inside("L", of: xml) == "<A/>")
        #expect(XMLText.first("B", in: xml) == nil)
        #expect(XMLText.first("A", in: "<A>open") == nil)
    }
}
