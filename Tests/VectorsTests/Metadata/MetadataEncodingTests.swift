import Testing
import Vectors
import Workload

@Suite("the stored form of metadata")
struct MetadataEncodingTests {
    static let golden: [(json: String, bytes: [UInt8])] = [
        ("{}", []),
        (#"{"a":"xy"}"#, [1, 1, 1, 0x61, 1, 2, 0x78, 0x79]),
        (#"{"a":true,"":false}"#, [1, 2, 1, 0x61, 3, 0, 2]),
        (#"{"y":2020}"#, [1, 1, 1, 0x79, 4, 0xC8, 0x1F]),
        (#"{"y":-1}"#, [1, 1, 1, 0x79, 4, 1]),
        (
            #"{"y":-9223372036854775808}"#,
            [1, 1, 1, 0x79, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]
        ),
        (
            #"{"y":18446744073709551615}"#,
            [1, 1, 1, 0x79, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]
        ),
        (#"{"y":0.5}"#, [1, 1, 1, 0x79, 6, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F]),
        (#"{"t":["a",""]}"#, [1, 1, 1, 0x74, 7, 6, 2, 1, 1, 0x61, 1, 0]),
        (#"{"t":[1,-2]}"#, [1, 1, 1, 0x74, 7, 5, 2, 4, 2, 4, 3]),
    ]

    @Test("version 1 is these bytes, now and later", arguments: golden)
    func goldenBytes(json: String, bytes: [UInt8]) throws {
        #expect(try Metadata(json: json).encoded == bytes)
        #expect(try Metadata(encoded: bytes).json == json)
    }

    static let damaged: [(bytes: [UInt8], damage: MetadataError.Damage)] = [
        ([2, 1, 1, 0x61, 3], .version), ([0], .version), ([1], .endsEarly), ([1, 0], .rules), ([1, 51], .rules),
        ([1, 1], .endsEarly), ([1, 1, 5, 0x61], .length), ([1, 1, 1, 0x61], .endsEarly),
        ([1, 1, 1, 0x61, 9], .type), ([1, 1, 1, 0x61, 0], .type), ([1, 1, 1, 0x61, 3, 0], .trailing),
        ([1, 1, 1, 0xFF, 3], .text), ([1, 1, 1, 0x61, 1, 2, 0xC3, 0x28], .text),
        ([1, 2, 1, 0x61, 3, 1, 0x61, 3], .rules), ([1, 1, 1, 0x61, 6, 0, 0, 0], .endsEarly),
        ([1, 1, 1, 0x61, 6, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F], .rules),
        ([1, 1, 1, 0x61, 5, 1], .rules), ([1, 1, 1, 0x61, 4, 0x80, 0], .length),
        ([1, 1, 1, 0x61, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], .length),
        ([1, 1, 1, 0x61, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], .length),
        ([1, 1, 1, 0x61, 7, 1, 0], .rules), ([1, 1, 1, 0x61, 7, 3, 1, 3, 3], .rules),
        ([1, 1, 1, 0x61, 7, 2, 1, 3], .rules), ([1, 1, 1, 0x61, 7, 5, 2, 4, 2, 1, 0], .rules),
        ([1, 1, 1, 0x61, 7, 2, 1, 4, 2], .length), ([1, 1, 1, 0x61, 7, 4, 1, 4, 2, 4], .length),
        ([1, 1, 1, 0x61, 7, 2, 0xFF, 0x7F], .endsEarly), ([1, 1, 1, 0x61, 7, 4, 1, 7, 1, 0], .rules),
    ]

    @Test("what no metadata encodes to is called damaged", arguments: damaged)
    func damagedBytes(bytes: [UInt8], damage: MetadataError.Damage) {
        #expect(throws: MetadataError.damaged(damage)) { try Metadata(encoded: bytes) }
    }

    @Test("metadata at every limit is stored and read back")
    func limits() throws {
        let longName = try Metadata(.object([.init(String(repeating: "n", count: 40_000), .boolean(true))]))
        let manyElements = try Metadata(.object([.init("a", .array(Array(repeating: .integer(1), count: 20_000)))]))
        let manyFields = try Metadata(.object((0..<50).map { .init("f\($0)", .array([.string("\($0)")])) }))
        for metadata in [longName, manyElements, manyFields] {
            #expect(try Metadata(encoded: metadata.encoded) == metadata)
        }
    }

    @Test("the stored form is no longer than the JSON")
    func compact() throws {
        let json = #"{"title":"A title of a usual length","year":2020,"tags":["red","blue"],"score":0.25,"ok":true}"#
        #expect(try Metadata(json: json).encoded.count <= json.utf8.count)
        #expect(json.utf8.count == 94)
    }

    @Test("random metadata comes back with its order and its numbers", arguments: Seed.quick)
    func roundTrip(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for step in 0..<Seed.steps(2_000) {
            let metadata = random.metadata()
            let read = try Metadata(encoded: metadata.encoded)
            guard read.fields == metadata.fields else {
                Issue.record("step \(step): \(metadata.json) came back as \(read.json); MEMVEC_SEED=\(seed)")
                return
            }
        }
    }

    @Test("a field is found in place, or known to be absent, without the rest", arguments: Seed.quick)
    func lookupInPlace(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for step in 0..<Seed.steps(1_000) {
            let metadata = random.metadata()
            let encoded = metadata.encoded
            for name in metadata.fields.map(\.name) + [random.string(), "\u{e9}", "e\u{301}"] {
                let found = unsafe try Metadata.value(of: name, inEncoded: encoded.span.bytes)
                guard found == metadata[name] else {
                    Issue.record(
                        "step \(step): \(name) of \(metadata.json) is \(String(describing: found)); seed \(seed)")
                    return
                }
            }
        }
    }

    @Test("damaged bytes are refused, or are metadata that keeps every rule", arguments: Seed.quick)
    func mutations(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        var refused = 0, survived = 0
        for step in 0..<Seed.steps(10_000) {
            let bytes = random.mutated(random.metadata().encoded)
            let name = random.string()
            // A damaged value may be found before the damage: no more is promised than that it returns.
            _ = try? unsafe Metadata.value(of: name, inEncoded: bytes.span.bytes)
            guard let metadata = try? Metadata(encoded: bytes) else {
                refused += 1
                continue
            }
            survived += 1
            // One form for one value, and a value that may be made anew.
            let again = try? Metadata(.object(metadata.fields))
            guard metadata.encoded == bytes, again == metadata else {
                Issue.record("step \(step): \(bytes) is \(metadata.json); MEMVEC_SEED=\(seed) repeats this")
                return
            }
        }
        #expect(refused > 1_000 && survived > 100, "\(refused) refused, \(survived) survived")
    }

    @Test("random bytes are refused, never read past their end", arguments: Seed.quick)
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<Seed.steps(10_000) {
            let bytes = [1, UInt8(1 + random.below(3))] + (0..<random.below(40)).map { _ in UInt8(random.below(9)) }
            guard let metadata = try? Metadata(encoded: bytes) else { continue }
            #expect(metadata.encoded == bytes)
        }
    }
}
