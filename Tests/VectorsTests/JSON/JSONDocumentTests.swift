import Foundation
import Testing
import Vectors

@Suite("JSON read part by part")
struct JSONDocumentTests {
    func document() throws -> JSONDocument { try #require(JSONDocument()) }

    @Test("members and elements are found behind nested values")
    func members() throws {
        let document = try document()
        let text = #"{"a":[[1,{"x":[2]}],3],"\u00e9":{"b":[]},"c":"text","d":null,"e":true}"#
        let root = try document.read(Array(text.utf8)[...])
        let members = document.members(of: root)
        #expect(members.map(\.name) == ["a", "\u{e9}", "c", "d", "e"])
        #expect(members.map(\.value.kind) == [.array, .object, .string, .null, .boolean])
        #expect(document.value(of: members[0].value) == (try JSONValue(#"[[1,{"x":[2]}],3]"#)))
        #expect(document.element(1, of: members[0].value) == .integer(3))
        #expect(document.element(2, of: members[0].value) == nil)
        #expect(document.string(of: members[2].value) == "text")
        #expect(document.string(of: root) == nil)
        #expect(document.members(of: members[0].value).isEmpty)
        #expect(document.value(of: root).text == text.replacingOccurrences(of: #"\u00e9"#, with: "\u{e9}"))
    }

    @Test("numbers of every kind become float32, rounded from the double that the text says")
    func floats() throws {
        let document = try document()
        let numbers = "0.1,1,-2,18446744073709551615,1e39,1e-46,16777217,3.4028235677973366e38,-0.0"
        let root = try document.read(Array("[\(numbers)]".utf8)[...])
        var values: [Float] = [7]
        #expect(document.appendFloats(of: root, to: &values) == nil)
        let expected: [Float] = [
            7, 0.1, 1, -2, 1.8446744e19, .infinity, 0, 16_777_216, .infinity, -0.0,
        ]
        #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(
        "the first element that is no number is named, and nothing is appended",
        arguments: [
            ("[1,2,null]", 2), (#"["1",2]"#, 0), ("[1,[2],3]", 1), ("[1,true]", 1), ("{}", 0), ("5", 0),
        ])
    func noNumbers(text: String, position: Int) throws {
        let document = try document()
        let root = try document.read(Array(text.utf8)[...])
        var values: [Float] = [1]
        #expect(document.appendFloats(of: root, to: &values) == position)
        #expect(values == [1])
    }

    @Test("a document serves one text after the other, also after one that was refused")
    func reuse() throws {
        let document = try document()
        for size in [1, 1_000, 10, 100_000, 3] {
            let text = "[" + (0..<size).map(String.init).joined(separator: ",") + "]"
            let root = try document.read(Array(text.utf8)[...])
            #expect(root.count == size)
            #expect(document.value(of: root).text == text)
            #expect(throws: JSONError.self) { try document.read(Array(text.utf8.dropLast())[...]) }
        }
    }

    @Test("a slice is read from its own start to its own end")
    func slice() throws {
        let document = try document()
        let bytes = Array("xx[1]yy".utf8)
        #expect(document.value(of: try document.read(bytes[2..<5])) == .array([.integer(1)]))
        #expect(throws: JSONError(.empty, byteOffset: 0)) { try document.read(bytes[2..<2]) }
    }

    @Test("threads that read at once do not disturb each other")
    func threads() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<4 {
                group.addTask {
                    (0..<200).allSatisfy { i in
                        let text = #"{"task":\#(task),"values":[\#(i),"\#(String(repeating: "x", count: i))"]}"#
                        return (try? JSONValue(text))?.text == text
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
