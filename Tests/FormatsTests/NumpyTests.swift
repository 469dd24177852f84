import Foundation
import Testing

@testable import Formats

private func header(_ type: String, _ shape: String, order: String = "False") -> String {
    "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
}

@Test("every version of the head is read", arguments: [UInt8(1), 2, 3])
func numpyVersions(version: UInt8) throws {
    let bytes = Bytes.npy(header("<f4", "(2, 3)"), Bytes.of([1, 2, 3, 4, 5, 6] as [Float]), version: version)
    let file = try SampleFile("a.npy", bytes)
    let reader = try VectorFileReader(path: file.path)
    #expect(reader.format == .npy && reader.dimension == 3 && reader.recordCount == 2)
    #expect(try reader.next(atMost: 10)?.values == [1, 2, 3, 4, 5, 6])
    #expect(try reader.next(atMost: 10) == nil)
}

@Test("every type of number becomes float32")
func numpyTypes() throws {
    let doubles = Bytes.of([1.5, -0.1].map { (number: Double) in number.bitPattern })
    let halves = Bytes.of([UInt16(0x3C00), 0xC000])
    for (type, body, expected) in [
        ("<f8", doubles, [1.5, Float(-0.1)]), ("<f2", halves, [1, -2]), ("|i1", [0xFF, 0x7F], [-1, 127]),
        ("|u1", [0xFF, 0x7F], [255, 127]), ("<f4", Bytes.of([Float(0.1), -0.0]), [0.1, -0.0]),
    ] {
        let file = try SampleFile("a.npy", Bytes.npy(header(type, "(1, 2)"), body))
        let (batches, error) = file.read()
        #expect(error == nil, "\(type)")
        #expect(batches.first?.values.map(\.bitPattern) == expected.map(\.bitPattern), "\(type)")
    }
}

@Test("every half precision number becomes the float32 of the same value")
func halves() {
    for bits in UInt16.min...UInt16.max {
        let found = ValueKind.float(half: bits), expected = Float(Float16(bitPattern: bits))
        if expected.isNaN {
            #expect(found.isNaN, "\(bits)")
        } else {
            #expect(found.bitPattern == expected.bitPattern, "\(bits)")
        }
    }
}

@Test("a double beyond float32 is not finite, and is named")
func numpyOverflow() throws {
    let body = Bytes.of([1.0, 2.0, 3.0, 1e39].map { (number: Double) in number.bitPattern })
    let (batches, error) = try SampleFile("a.npy", Bytes.npy(header("<f8", "(2, 2)"), body)).read()
    #expect(batches.map(\.values) == [[1, 2]])
    #expect(error?.problem == .notFinite(position: 1, value: "inf"))
    #expect(error?.place?.record == 1)
}

@Test(
    "arrays that hold no vectors are refused with the way to save them",
    arguments: [
        (header("<f4", "(6,)"), "array.reshape(-1, d)"), (header("<f4", "(1, 2, 3)"), "array.reshape(-1, d)"),
        (header("<f4", "()"), "array.reshape(-1, d)"), (header(">f4", "(2, 3)"), "array.astype('<f4')"),
        (header("<i8", "(2, 3)"), "array.astype('<f4')"), (header("|O", "(2, 3)"), "array.astype('<f4')"),
        (header("<f4", "(2, 3)", order: "True"), "numpy.ascontiguousarray(array)"),
        (header("<f4", "(9223372036854775807, 4096)"), "more than a file can hold"),
    ])
func unsupportedArrays(head: String, advice: String) throws {
    let error = try SampleFile("a.npy", Bytes.npy(head, [UInt8](repeating: 0, count: 24))).read().error
    #expect(error?.code == "unsupported_array")
    #expect(error?.description.contains(advice) == true, "\(error?.description ?? "nothing")")
}

@Test("a width that no collection has is refused", arguments: ["(2, 0)", "(2, 4097)", "(0, 0)"])
func numpyWidth(shape: String) throws {
    let error = try SampleFile("a.npy", Bytes.npy(header("<f4", shape), [])).read().error
    #expect(error?.code == "dimension_out_of_range")
}

@Test(
    "a head that is no dictionary of the three fields is refused",
    arguments: [
        "", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 3)}",
        "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} and more",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'other': 1}",
    ])
func brokenHeads(head: String) throws {
    let error = try SampleFile("a.npy", Bytes.npy(head, [])).read().error
    #expect(error?.code == "not_of_format")
}

@Test("a file that only carries the name is refused")
func noNumpy() throws {
    #expect(try SampleFile("a.npy", Array("hello, this is text".utf8)).read().error?.code == "not_of_format")
    #expect(try SampleFile("a.npy", [0x93]).read().error?.code == "not_of_format")
    let long = try SampleFile("a.npy", [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(long.read().error?.code == "not_of_format")
    let cut = try SampleFile("a.npy", Bytes.npy(header("<f4", "(2, 3)"), []).prefix(40))
    #expect(cut.read().error?.code == "truncated")
}

@Test("a truncated array gives its whole rows; a longer one all, then what is wrong")
func numpyLength() throws {
    let whole = Bytes.npy(header("<f4", "(3, 1)"), Bytes.of([1, 2, 3] as [Float]))
    let cut = try SampleFile("a.npy", whole.dropLast(1)).read()
    #expect(cut.batches.map(\.values) == [[1, 2]])
    #expect(cut.error?.problem == .truncated(foundBytes: 3, recordBytes: 4))
    let long = try SampleFile("a.npy", whole + [9, 9]).read()
    #expect(long.batches.map(\.values) == [[1, 2, 3]])
    #expect(long.error?.problem == .trailingBytes(count: 2))
}

@Test("rows of an array are passed over, as many as there are")
func numpyFrom() throws {
    let file = try SampleFile("a.npy", Bytes.npy(header("<f4", "(3, 1)"), Bytes.of([1, 2, 3] as [Float])))
    var options = ReadingOptions()
    options.from = 2
    #expect(file.read(options).batches.map(\.values) == [[3]])
    options.from = 4
    #expect(file.read(options).error?.problem == .noSuchRecord(asked: 4, recordCount: 3))
}
