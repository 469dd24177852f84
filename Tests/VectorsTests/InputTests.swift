import Testing
import Vectors

@Suite("keys and vectors from outside")
struct InputTests {
    @Test("a key has 1 to 1,024 bytes of UTF-8", arguments: ["x", "\u{e9}", "\u{20ac}", "\u{1F600}"])
    func keyLimits(character: String) throws {
        let size = character.utf8.count
        let full = String(repeating: character, count: 1_024 / size) + String(repeating: "x", count: 1_024 % size)
        #expect(try VectorKey(full).text.utf8.count == 1_024)
        #expect(throws: InputError.keyTooLong(byteCount: 1_025)) { try VectorKey(full + "x") }
        #expect(throws: InputError.emptyKey) { try VectorKey("") }
    }

    @Test("any character may be in a key, and its bytes stay")
    func anyCharacter() throws {
        for text in ["\u{0}", " ", "a/b", "\u{301}", "\u{feff}", "\n"] {
            #expect(try VectorKey(text).text.utf8.elementsEqual(text.utf8))
        }
    }

    @Test("keys that Unicode holds to be equal are two keys, in dictionaries and in order")
    func keysAreBytes() throws {
        let one = try VectorKey("caf\u{e9}"), two = try VectorKey("cafe\u{301}")
        #expect(one != two && one.hashValue != two.hashValue)
        #expect(Set([one, two, try VectorKey("caf\u{e9}")]).count == 2)
        #expect(two < one && !(one < two))
        #expect(try VectorKey("a") < VectorKey("aa"))
        // U+FF5E is above U+1F600 in UTF-16, below it in UTF-8.
        #expect(try VectorKey("\u{ff5e}") < VectorKey("\u{1F600}"))
    }

    func check(_ values: [Float], _ metric: Metric = .euclidean, dimension: Int? = nil) -> InputError? {
        do {
            try InputVector.check(values, dimension: dimension ?? values.count, metric: metric, key: "k")
            return nil
        } catch { return error }
    }

    @Test("a vector has the collection's dimension and finite values")
    func vectors() {
        #expect(check([1, 2, 3]) == nil)
        #expect(check([1, 2], dimension: 3) == .wrongDimension(key: "k", valueCount: 2, dimension: 3))
        #expect(check([1, .nan, .infinity]) == .notFinite(key: "k", position: 1, value: "NaN"))
        #expect(check([1, 2, -.infinity]) == .notFinite(key: "k", position: 2, value: "-inf"))
        #expect(check([-.nan]) == .notFinite(key: "k", position: 0, value: "NaN"))
        #expect(check([.signalingNaN]) == .notFinite(key: "k", position: 0, value: "NaN"))
        #expect(check([.greatestFiniteMagnitude, -.greatestFiniteMagnitude], .cosine) == nil)
    }

    @Test("under cosine a vector of zeros is refused, and one of the smallest float32 is not")
    func zeroNorm() {
        #expect(check([0, -0.0, 0], .cosine) == .zeroNorm(key: "k"))
        #expect(check([0, 0], .euclidean) == nil)
        #expect(check([0, .leastNonzeroMagnitude], .cosine) == nil)
        #expect(check([1e-30, 0], .cosine) == nil)
    }

    @Test("doubles are rounded to float32 first, then judged")
    func roundedFirst() throws {
        func checked(_ values: [Double], _ metric: Metric = .cosine) throws(InputError) -> [Float] {
            try InputVector.checked(values, dimension: values.count, metric: metric, key: "k")
        }
        #expect(try checked([0.1, 16_777_217]) == [0.1, 16_777_216])
        let extremes: [Float] = [.greatestFiniteMagnitude, .leastNonzeroMagnitude]
        #expect(try checked([3.4028234663852886e38, 1.4e-45]) == extremes)
        #expect(throws: InputError.notFinite(key: "k", position: 1, value: "1e+39")) { try checked([1, 1e39]) }
        #expect(throws: InputError.notFinite(key: "k", position: 0, value: "NaN")) { try checked([.nan]) }
        #expect(throws: InputError.notFinite(key: "k", position: 0, value: "inf")) { try checked([.infinity]) }
        #expect(throws: InputError.zeroNorm(key: "k")) { try checked([1e-46, -1e-46]) }
        #expect(try checked([1e-46], .euclidean) == [0])
        #expect(throws: InputError.wrongDimension(key: nil, valueCount: 1, dimension: 2)) {
            try InputVector.checked([1.0] as [Double], dimension: 2, metric: .cosine, key: nil)
        }
        #expect(try InputVector.checked([1, 2] as [Float], dimension: 2, metric: .cosine, key: nil) == [1, 2])
    }

    @Test(
        "normalised vectors have length 1 where the squares of their values have no float32",
        arguments: [
            [3, 4], [1e30, -1e30], [.greatestFiniteMagnitude, .greatestFiniteMagnitude], [1e-30, 1e-30],
            [.leastNonzeroMagnitude, .leastNonzeroMagnitude], [.leastNonzeroMagnitude, 0], [1, .leastNonzeroMagnitude],
        ] as [[Float]])
    func normalised(values: [Float]) {
        let unit = InputVector.normalised(values)
        let length = unit.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(length - 1) < 1e-7)
        #expect(zip(unit, values).allSatisfy { $0.sign == $1.sign || $1 == 0 })
        #expect(InputVector.normalised([0, 0] as [Float]) == [0, 0])
    }

    @Test("errors name the value, the limit and the place")
    func messages() {
        #expect(
            InputError.wrongDimension(key: "doc-17", valueCount: 383, dimension: 384).description
                == "vector for key \"doc-17\" has 383 values; this collection holds 384 (set when it was created)")
        #expect(
            InputError.notFinite(key: nil, position: 3, value: "1e+39").description
                == "the query vector has 1e+39 at position 3; every value must be finite as a float32")
        #expect(
            InputError.keyTooLong(byteCount: 1_025).description == "a key has 1025 bytes of UTF-8; the limit is 1024")
        #expect(InputError.zeroNorm(key: "a\u{1b}").description.contains(#""a\u001b""#))
        let all: [InputError] = [
            .emptyKey, .keyTooLong(byteCount: 1), .wrongDimension(key: nil, valueCount: 1, dimension: 2),
            .notFinite(key: nil, position: 0, value: "NaN"), .zeroNorm(key: nil), .dimensionOutOfRange(0),
            .outOfRange(name: "k", value: "0", allowed: "1 to 10,000"),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(all.allSatisfy { !$0.description.isEmpty })
    }
}
