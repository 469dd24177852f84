import Formats
import Foundation
import Testing
import Vectors

private func read(_ text: String, _ options: ReadingOptions = ReadingOptions()) throws -> (
    batches: [VectorBatch], error: FormatError?
) {
    try SampleFile("a.jsonl", Array(text.utf8)).read(options)
}

@Test("a line gives key, vector and metadata")
func lines() throws {
    let text = """
        {"key":"a","vector":[1,2.5,-3e2],"metadata":{"year":2024,"tags":["x","y"]}}
        {"vector":[0.1,1e-45,3],"key":"b"}

        {"key":"ä\\n","data":{"float32":[18446744073709551615,-1,0]},"metadata":null}
        """
    let (batches, error) = try read(text)
    #expect(error == nil)
    let batch = try #require(batches.first)
    #expect(batches.count == 1 && batch.count == 3 && batch.dimension == 3)
    #expect(batch.keys?.map(\.text) == ["a", "b", "ä\n"])
    #expect(batch.values == [1, 2.5, -300, 0.1, .leastNonzeroMagnitude, 3, 0x1p64, -1, 0])
    #expect(batch.metadata?.map(\.json) == [#"{"year":2024,"tags":["x","y"]}"#, "{}", "{}"])
    #expect(batch.position == RecordPosition(record: 3, byteOffset: text.utf8.count, line: 5))
}

@Test("line ends of Windows, blank lines, a byte order mark and a last line without an end are all right")
func lineEnds() throws {
    let text = "\u{FEFF}\r\n{\"key\":\"a\",\"vector\":[1]}\r\n \t\r\n{\"key\":\"b\",\"vector\":[2]}"
    let (batches, error) = try read(text)
    #expect(error == nil)
    #expect(batches.map(\.values) == [[1, 2]])
    #expect(batches.last?.position.line == 5)
}

@Test("an empty file has no vectors", arguments: ["", "\n", " \n\n", "\u{FEFF}"])
func emptyLines(text: String) throws {
    let (batches, error) = try read(text)
    #expect(batches.isEmpty && error == nil)
}

@Test(
    "what is wrong with a line is named with its line and byte; the lines before it have been given",
    arguments: [
        ("{", "not_json", "the line is not JSON"), ("nonsense", "not_json", "the line is not JSON"),
        (#"{"key":"a","vector":[NaN]}"#, "not_json", "the line is not JSON"),
        (#"{"key":"\ud800","vector":[1,2]}"#, "not_json", "the line is not JSON"),
        (#"[1,2]"#, "not_json", "a record is an object, and this is an array"),
        (#"{"key":"a"}"#, "missing_field", #"the line has no field "vector""#),
        (#"{"vector":[1,2]}"#, "missing_field", #"the line has no field "key""#),
        (#"{"key":7,"vector":[1,2]}"#, "wrong_field", #"field "key" is the number 7; a key is a string"#),
        (#"{"key":"","vector":[1,2]}"#, "refused", "a key is empty"),
        (#"{"key":"a","vector":"1,2"}"#, "wrong_field", #"field "vector" is the string "1,2""#),
        (#"{"key":"a","vector":[1,"2"]}"#, "wrong_field", #"field "vector[1]" is the string "2""#),
        (#"{"key":"a","vector":[[1],2]}"#, "wrong_field", #"field "vector[0]" is an array"#),
        (#"{"key":"a","vector":[1,null]}"#, "wrong_field", #"field "vector[1]" is null"#),
        (#"{"key":"a","data":[1,2]}"#, "wrong_field", #"field "data" is an array; it must be {"float32": [...]}"#),
        (#"{"key":"a","data":{"float32":1}}"#, "wrong_field", #"field "data.float32" is the number 1"#),
        (#"{"key":"a","vector":[]}"#, "dimension_out_of_range", "dimension 0 is out of range"),
        (#"{"key":"a","vector":[1]}"#, "wrong_dimension", "the vector has 1 values instead of 2"),
        (#"{"key":"a","vector":[1,1e39]}"#, "not_finite", "value 1 of the vector is inf"),
        (#"{"key":"a","vector":[1,2],"metdata":{}}"#, "wrong_field", #"field "metdata" is unknown"#),
        (#"{"key":"a","vector":[1,2],"metadata":[]}"#, "refused", "metadata must be a JSON object, not an empty array"),
        (#"{"key":"a","vector":[1,2],"metadata":{"x":null}}"#, "refused", #"field "x" is null"#),
    ])
func brokenLine(line: String, code: String, text: String) throws {
    let first = #"{"key":"first","vector":[1,2]}"#
    let (batches, error) = try read("\(first)\n\n\(line)\n\(first)\n")
    #expect(batches.map(\.values) == [[1, 2]])
    #expect(error?.code == code)
    #expect(error?.place == RecordPosition(record: 1, byteOffset: first.utf8.count + 2, line: 3))
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "nothing")")
    #expect(error?.description.contains("record 1, line 3 (byte 32)") == true)
    #expect(error?.description.hasSuffix("go on with --from 1, or leave it out with --from 2") == true)
}

@Test("key and metadata at their limits are read, one byte more is refused")
func lineLimits() throws {
    let key = String(repeating: "k", count: 1024)
    #expect(try read(#"{"key":"\#(key)","vector":[1]}"#).error == nil)
    #expect(try read(#"{"key":"\#(key)k","vector":[1]}"#).error?.code == "refused")
    let widest = "[" + (0..<4096).map { "\($0)" }.joined(separator: ",")
    #expect(try read(#"{"key":"a","vector":\#(widest)]}"#).batches.first?.dimension == 4096)
    #expect(try read(#"{"key":"a","vector":\#(widest),1]}"#).error?.problem == .dimensionOutOfRange(4097))
}

@Test("a line without an end is refused at the limit, whatever follows")
func endlessLine() throws {
    let first = #"{"key":"a","vector":[1]}"# + "\n"
    let (batches, error) = try read(first + String(repeating: " ", count: 3 << 20))
    #expect(batches.map(\.count) == [1])
    #expect(error?.problem == .lineTooLong(limitBytes: 1 << 20))
    #expect(error?.place == RecordPosition(record: 1, byteOffset: first.utf8.count, line: 2))
}

@Test("reading goes on at the record where it stopped, and counts lines from the beginning", arguments: [0, 1, 2, 3])
func linesFrom(from: Int) throws {
    var options = ReadingOptions()
    options.from = from
    let text = (0..<3).map { "{\"key\":\"k\($0)\",\"vector\":[\($0)]}\n\n" }.joined()
    let (batches, error) = try read(text, options)
    #expect(error == nil)
    #expect(batches.flatMap { $0.keys ?? [] }.map(\.text) == (from..<3).map { "k\($0)" })
    #expect(batches.first?.start.line == (from < 3 ? 2 * from + 1 : nil))
    options.from = 4
    #expect(try read(text, options).error?.problem == .noSuchRecord(asked: 4, recordCount: 3))
}

@Test("queries need no keys: their numbers are their keys")
func withoutKeys() throws {
    var options = ReadingOptions()
    options.needsKeys = false
    let (batches, error) = try read("{\"vector\":[1]}\n{\"key\":\"x\",\"vector\":[2]}\n{\"vector\":[3]}", options)
    #expect(error == nil)
    #expect(batches.first?.keys?.map(\.text) == ["0", "x", "2"])
}

@Test("the collection's dimension is asked of the first line")
func linesDimension() throws {
    var options = ReadingOptions()
    options.dimension = 2
    let (batches, error) = try read(#"{"key":"a","vector":[1,2,3]}"#, options)
    #expect(batches.isEmpty && error?.problem == .wrongDimension(found: 3, expected: 2))
}
