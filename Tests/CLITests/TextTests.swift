import Testing
import Vectors

@testable import CLI

@Test("numbers are written as people read them")
func numbers() {
    #expect([0, 999, 1000, -1_234_567].map(NumberText.count) == ["0", "999", "1,000", "-1,234,567"])
    #expect(NumberText.count(.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.fixed(2.005, 1) == "2.0" && NumberText.fixed(0.25, 1) == "0.3")
    #expect(NumberText.fixed(-0.04, 1) == "0.0" && NumberText.fixed(-1.25, 1) == "-1.3")
    #expect(NumberText.fixed(0.07, 2) == "0.07" && NumberText.fixed(12, 0) == "12")
    #expect(NumberText.fixed(.nan, 2) == "-" && NumberText.fixed(.infinity, 2) == "-")
    #expect(NumberText.fixed(1e300, 2) == "1e+300")
    #expect(
        [0, 1023, 1024, 1536, 1 << 20, 1_048_575, Int.max].map(NumberText.bytes)
            == ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "8192.0 PiB"])
    #expect(
        [0.25, 9.99, 42.4, 200, 7500, -1, .nan].map(NumberText.seconds)
            == ["0.25 s", "9.99 s", "42 s", "3 min 20 s", "2 h 5 min", "-", "-"])
    #expect(NumberText.counted(1, "vector") == "1 vector" && NumberText.counted(0, "vector") == "0 vectors")
    #expect(NumberText.percent(0.125) == "12.5 %")
}

@Test("progress says what is done, how fast, and what is left where that is known")
func progress() {
    #expect(Progress.text("import", done: 0, total: nil, seconds: 3) == "import: 0")
    #expect(Progress.text("import", done: 5000, total: nil, seconds: 0.1) == "import: 5,000")
    #expect(Progress.text("import", done: 5000, total: nil, seconds: 2) == "import: 5,000, 2,500/s")
    #expect(
        Progress.text("import", done: 5000, total: 20_000, seconds: 2)
            == "import: 5,000 of 20,000, 2,500/s, 6.00 s left")
    #expect(Progress.text("bench", done: 3, total: 3, seconds: 2) == "bench: 3 of 3, 1.5/s")
}

@Test("an object keeps the order of its members, leaves out what is not there, and writes floats shortly")
func objects() {
    let absent: Int? = nil
    let object: JSONObject = [
        "z": 1, "a": absent, "f": Float(0.1), "d": 1.0 / 3, "nested": ["x": true] as JSONObject, "list": ["p", "q"],
        "n": Double.nan,
    ]
    #expect(
        object.json.text == #"{"z":1,"f":0.1,"d":0.333333,"nested":{"x":true},"list":["p","q"],"n":null}"#)
}

@Test("a vector on the command line is an array of numbers, and what is not is named")
func vectorTexts() throws {
    #expect(try VectorText.parse("[1, 2.5,-3e2]") == [1, 2.5, -300])
    for (text, why) in [
        ("1,2", "--vector is not JSON"), ("{}", "--vector is an empty object"),
        ("[1,null]", "element 1 is null, not a number"), ("[[1]]", "element 0 is an array, not a number"),
    ] {
        do {
            _ = try VectorText.parse(text)
            Issue.record("\(text) was read")
        } catch {
            #expect("\(error)".contains(why), "\(error)")
        }
    }
}

@Test("few enough records make a batch that two of them stay in memory")
func batchCounts() {
    #expect(ImportRun.batchCount(dimension: 1) == 20_000)
    #expect(ImportRun.batchCount(dimension: 1536) == 5461)
    #expect(ImportRun.batchCount(dimension: 4096) == 2048)
}
