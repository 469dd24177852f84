import Formats
import Testing
import Vectors

@Test("an .fvecs file gives its vectors in order, in batches of the size that was asked for")
func fvecsInBatches() throws {
    let vectors = (0..<20).map { i in (0..<5).map { Float(i) + Float($0) / 8 } }
    let file = try SampleFile("base.fvecs", Bytes.fvecs(vectors))
    let (batches, error) = file.read()
    #expect(error == nil)
    #expect(batches.map(\.count) == [7, 7, 6])
    #expect(batches.flatMap(\.values) == vectors.flatMap { $0 })
    #expect(batches.map(\.start.record) == [0, 7, 14])
    #expect(batches.last?.position == RecordPosition(record: 20, byteOffset: 480))
    #expect(try batches[1].key(at: 2).text == "9")
    #expect(try batches[1].key(at: 2, prefix: "v-").text == "v-9")
}

@Test("the first vectors of a file are as many as were asked for, or as there are")
func firstVectors() throws {
    let vectors = (0..<20).map { i in (0..<5).map { Float(i) + Float($0) / 8 } }
    let file = try SampleFile("base.fvecs", Bytes.fvecs(vectors))
    #expect(try VectorFileReader.vectors(of: file.path, limit: 7) == Array(vectors.prefix(7)))
    #expect(try VectorFileReader.vectors(of: file.path, limit: 100) == vectors)
    #expect(throws: FormatError.self) { try VectorFileReader.vectors(of: file.path + "x", limit: 1) }
}

@Test("a .bvecs file gives its bytes as numbers")
func bvecs() throws {
    let file = try SampleFile("base.bvecs", Bytes.bvecs([[0, 1, 255], [7, 128, 9]]))
    let (batches, error) = file.read()
    #expect(error == nil && batches.count == 1)
    #expect(batches.first?.values == [0, 1, 255, 7, 128, 9])
    #expect(batches.first?.keys == nil && batches.first?.metadata == nil)
}

@Test("a file larger than the buffer is read whole, whatever the size of the batch", arguments: [1, 1000, 100_000])
func largeFile(maximum: Int) throws {
    let d = 33, count = 12_345
    let bytes = Bytes.fvecs((0..<count).map { i in (0..<d).map { Float(i * d + $0) } })
    let file = try SampleFile("base.fvecs", bytes)
    let reader = try VectorFileReader(path: file.path)
    #expect(reader.recordCount == count && reader.dimension == d)
    var next: Float = 0
    while let batch = try reader.next(atMost: maximum) {
        #expect(batch.values.count == batch.count * d && batch.count <= maximum)
        let expected = (0..<batch.values.count).map { next + Float($0) }
        guard batch.values == expected else {
            Issue.record("wrong values from \(batch.start)")
            return
        }
        next += Float(batch.values.count)
    }
    #expect(next == Float(d * count))
    #expect(reader.position == RecordPosition(record: count, byteOffset: bytes.count))
}

@Test("an empty file of vectors has none")
func emptyVecs() throws {
    let file = try SampleFile("none.fvecs", [])
    let reader = try VectorFileReader(path: file.path)
    #expect(reader.recordCount == 0 && reader.dimension == nil)
    #expect(try reader.next(atMost: 5) == nil)
}

@Test("reading begins at the record that is asked for", arguments: [0, 1, 19, 20])
func fvecsFrom(from: Int) throws {
    let vectors = (0..<20).map { [Float($0), 1] }
    let file = try SampleFile("base.fvecs", Bytes.fvecs(vectors))
    var options = ReadingOptions()
    options.from = from
    let (batches, error) = file.read(options)
    #expect(error == nil)
    #expect(batches.flatMap(\.values) == vectors[from...].flatMap { $0 })
    #expect(batches.first?.start.record ?? 20 == from)
}

@Test("a record beyond the end is no place to begin at")
func beyondTheEnd() throws {
    let file = try SampleFile("base.fvecs", Bytes.fvecs([[1], [2]]))
    var options = ReadingOptions()
    for from in [3, 1 << 40, Int.max] {
        options.from = from
        let error = file.read(options).error
        #expect(error?.problem == .noSuchRecord(asked: from, recordCount: 2))
        #expect(error?.description.hasSuffix("there is no record \(from) to begin at: the file has 2") == true)
    }
}

@Test("a truncated file gives its whole records, then says where it ends", arguments: [1, 3, 4, 5, 11])
func truncated(kept: Int) throws {
    let whole = Bytes.fvecs([[1, 2], [3, 4], [5, 6]])
    let file = try SampleFile("base.fvecs", whole.prefix(24 + kept))
    let (batches, error) = file.read()
    #expect(batches.map(\.values) == [[1, 2, 3, 4]])
    #expect(error?.problem == .truncated(foundBytes: kept, recordBytes: 12))
    #expect(error?.place == RecordPosition(record: 2, byteOffset: 24))
    #expect(
        error?.description
            == "\(file.path): record 2 (byte 24): the file ends after \(kept) of the record's 12 bytes: it is "
            + "truncated; the 2 records before it are right; mend the file and go on with --from 2")
}

@Test("another dimension in the middle is an error that names both")
func wrongDimension() throws {
    let file = try SampleFile("base.fvecs", Bytes.fvecs([[1, 2], [3], [5, 6]]))
    let (batches, error) = file.read()
    #expect(batches.map(\.values) == [[1, 2]])
    #expect(error?.problem == .wrongDimension(found: 1, expected: 2))
    #expect(
        error?.description
            == "\(file.path): record 1 (byte 12): the vector has 1 values instead of 2; the record before it is "
            + "right; mend it and go on with --from 1, or leave it out with --from 2")
}

@Test("a file of another dimension than the collection's is refused at once")
func otherDimension() throws {
    let file = try SampleFile("base.fvecs", Bytes.fvecs([[1, 2]]))
    var options = ReadingOptions()
    options.dimension = 3
    options.from = 1
    #expect(file.read(options).error?.problem == .wrongDimension(found: 2, expected: 3))
}

@Test("an .fvecs file that is none is refused", arguments: [Int32(0), -1, 4097, .max, .min])
func noVecs(head: Int32) throws {
    let error = try SampleFile("base.fvecs", Bytes.of([head]) + [1, 2, 3, 4]).read().error
    #expect(error?.code == "not_of_format")
    #expect(error?.description.contains("\(head) is not 1 to 4096") == true)
}

@Test(
    "a value that is not finite is named with its record and position",
    arguments: [(Float.nan, "NaN"), (.infinity, "inf"), (-.infinity, "-inf"), (.signalingNaN, "NaN")])
func notFinite(value: Float, text: String) throws {
    let file = try SampleFile("base.fvecs", Bytes.fvecs([[1, 2], [3, 4], [5, value], [7, 8]]))
    let (batches, error) = file.read()
    #expect(batches.map(\.values) == [[1, 2, 3, 4]])
    #expect(error?.problem == .notFinite(position: 1, value: text))
    #expect(error?.place == RecordPosition(record: 2, byteOffset: 24))
}

@Test("an error stays: reading on after it gives nothing else")
func errorStays() throws {
    let file = try SampleFile("base.fvecs", Bytes.fvecs([[.nan], [3]]))
    let reader = try VectorFileReader(path: file.path)
    for _ in 0..<3 {
        #expect(throws: FormatError.self) { try reader.next(atMost: 10) }
    }
    #expect(reader.position.record == 0)
}

@Test("true neighbours are read from .ivecs, all or the first")
func neighbours() throws {
    let file = try SampleFile("truth.ivecs", Bytes.of([Int32(3), 7, 5, 9, 2, 1, 0]))
    #expect(try NeighbourFile.read(file.path) == [[7, 5, 9], [1, 0]])
    #expect(try NeighbourFile.read(file.path, limit: 1) == [[7, 5, 9]])
    let cut = try SampleFile("cut.ivecs", Bytes.of([Int32(3), 7, 5]))
    #expect(
        throws: FormatError(
            file: cut.path, place: .init(record: 0, byteOffset: 0), .truncated(foundBytes: 12, recordBytes: 16))
    ) {
        try NeighbourFile.read(cut.path)
    }
    for head in [Int32(-1), 1 << 21] {
        let file = try SampleFile("truth.ivecs", Bytes.of([head, 1]))
        #expect(throws: FormatError.self) { try NeighbourFile.read(file.path) }
    }
}
