import Testing
import Vectors
import Workload

@Suite("writing JSON")
struct JSONWritingTests {
    static let texts: [(value: JSONValue, text: String)] = [
        (.null, "null"), (.boolean(true), "true"), (.boolean(false), "false"), (.integer(-5), "-5"),
        (.unsigned(.max), "18446744073709551615"), (.number(1), "1.0"), (.number(-0.0), "-0.0"), (.number(0.1), "0.1"),
        (.number(1e16), "1e+16"), (.number(.leastNonzeroMagnitude), "5e-324"), (.number(.nan), "null"),
        (.number(.infinity), "null"),
        (.string("a\"\\/\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}"), #""a\"\\/\n\r\t\b\f\u0001\u001f"# + "\u{7f}\""),
        (.string("\u{e9}\u{1F600}\u{2028}"), "\"\u{e9}\u{1F600}\u{2028}\""),
        (.array([]), "[]"), (.object([]), "{}"),
        (.object([.init("a\"", .array([.integer(1), .null])), .init("", .object([]))]), #"{"a\"":[1,null],"":{}}"#),
    ]

    @Test("a value is written compactly, escaped only where it must be", arguments: texts)
    func writes(value: JSONValue, text: String) {
        #expect(value.text == text)
        #expect(value.byteCount == text.utf8.count)
    }

    @Test("random values are read back as they were written, and their bytes counted right", arguments: Seed.quick)
    func roundTrip(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for step in 0..<Seed.steps(3_000) {
            let value = random.value()
            let text = value.text
            let read = try JSONValue(text)
            guard read == value, value.byteCount == text.utf8.count else {
                Issue.record("step \(step): \(text) was read as \(read.text); MEMVEC_SEED=\(seed) repeats this")
                return
            }
        }
    }

    @Test("float32 are printed in the fewest digits that read back as the same float32", arguments: Seed.quick)
    func floats(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        var values: [Float] = [
            0, -0.0, 1, 0.1, -0.1, 16_777_216, 1e10, .leastNormalMagnitude, -Float.leastNormalMagnitude.nextDown,
            .leastNonzeroMagnitude, .greatestFiniteMagnitude,
            -3.4028235e38, 0.333333343,
        ]
        while values.count < 2_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.random.next()))
            if value.isFinite { values.append(value) }
        }
        var text = JSONText()
        text.append(floats: values)
        let document = try #require(JSONDocument())
        var read: [Float] = []
        #expect(document.appendFloats(of: try document.read(text.bytes[...]), to: &read) == nil)
        #expect(read.map(\.bitPattern) == values.map(\.bitPattern), "MEMVEC_SEED=\(seed) repeats this")
        #expect(text.string.hasPrefix("[0,-0.0,1,0.1,-0.1,16777216,1e+10,1.1754944e-38,-1.1754942e-38,1e-45,"))
    }

    @Test("a float that no JSON holds is written as null, and no floats as an empty array")
    func oddFloats() {
        var text = JSONText()
        text.append(floats: [Float.nan, -.infinity, 2])
        text.append(floats: [Float]())
        #expect(text.string == "[null,null,2][]")
    }

    @Test("pieces are put together by hand")
    func pieces() {
        var text = JSONText(byteCapacity: 64)
        text.append(raw: "{")
        text.append(string: "k\n")
        text.append(raw: ":")
        text.append(floats: [0.5])
        text.append(raw: "}")
        #expect(text.string == #"{"k\n":[0.5]}"#)
    }
}
