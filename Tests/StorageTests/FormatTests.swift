import Testing
import Vectors

@testable import Storage

/// The bytes that are on disk, as they are drawn in the sources. A change here is a change of the format.
@Suite("Storage: formats")
struct FormatTests {
    @Test("journal entries have the bytes that are drawn")
    func journal() throws {
        var codes = RowCodes(training: 3, codeBytes: 2)
        codes.lists = [5, 0x0102_0304]
        codes.errors = [7, 8]
        codes.codes = [1, 2, 3, 4]
        let cases: [(JournalEntry, [UInt8])] = [
            (
                .added(first: Row(9), count: 2, codes: codes),
                [1, 1, 2, 0, 2, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 3, 2, 1, 7, 8, 1, 2, 3, 4]
            ),
            (.added(first: Row(258), count: 4, codes: nil), [1, 1, 0, 0, 4, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]),
            (.killed([Row(1), Row(2)]), [2, 1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]),
            (.killed([]), [2, 1, 0, 0, 0, 0, 0, 0]),
            (.metadataChanged([Row(3)]), [3, 1, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0]),
            (.snapshot(number: 6), [4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]),
        ]
        for (entry, bytes) in cases {
            #expect(Array(entry.encoded.dropLast(8)) == bytes, "\(entry)")
            let decoded = unsafe try entry.encoded.withUnsafeBytes { unsafe try JournalEntry(encoded: $0, path: "j") }
            #expect(decoded == entry)
        }
        #expect(JournalEntry.killed([]).encoded.suffix(8) == [55, 255, 213, 159, 101, 169, 62, 225])
    }

    @Test("an intent has the bytes that are drawn")
    func intent() throws {
        var put = Intent(
            key: try VectorKey("ab"), action: .put(values: [1, -2], encodedMetadata: [9, 9]),
            before: Fingerprint(low: 1, high: 2), createdMilliseconds: 258)
        put.sentCount = 3
        put.state = .pending
        let head: [UInt8] = [1, 1, 2, 1, 3, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]
        let prints: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        let rest: [UInt8] = [2, 0, 0, 0, 2, 0, 0, 0, 97, 98, 0, 0, 128, 63, 0, 0, 0, 192, 9, 9]
        #expect(Array(put.encoded.dropLast(8)) == head + prints + rest)
        for intent in [put, Intent(key: try VectorKey("k"), action: .delete)] {
            let decoded = unsafe try intent.encoded.withUnsafeBytes {
                unsafe try Intent(encoded: $0, number: 1, path: "i")
            }
            #expect(decoded == intent)
        }
    }

    @Test("a row record has the bytes that are drawn")
    func record() throws {
        let record = RowRecord(
            key: try VectorKey("né"), fingerprint: Fingerprint(low: 1, high: 258), metadataVersion: 2,
            encodedMetadata: [5, 6])
        var bytes = [UInt8](repeating: 0xff, count: record.byteCount)
        unsafe bytes.withUnsafeMutableBytes { unsafe record.write(to: $0) }
        #expect(
            bytes == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 110, 195, 169, 5, 6])
        unsafe #expect(try bytes.withUnsafeBytes { unsafe try RowRecord(bytes: $0, path: "r") } == record)
    }

    @Test("counters have eight numbers, and impossible ones are damage")
    func counters() throws {
        var counters = StoreCounters()
        counters.nextRow = 300
        counters.liveCount = 2
        counters.commitNumber = 3
        #expect(counters.bytes.prefix(24) == [44, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])
        func decode(_ counters: StoreCounters) throws -> StoreCounters {
            unsafe try counters.bytes.withUnsafeBytes { unsafe try StoreCounters(bytes: $0, path: "c") }
        }
        #expect(try decode(counters) == counters)
        counters.liveCount = 301
        #expect(errorCode { _ = try decode(counters) } == "damaged")
    }

    @Test("fingerprints and hashes of keys are XXH3 as published", arguments: [UInt64(0), 1])
    func hashes(seed: UInt64) {
        // Of the empty input, from the test vectors of xxHash 0.8.
        #expect(Fingerprint(of: []) == Fingerprint(low: 0x6001_C324_468D_497F, high: 0x99AA_06D3_0147_98D8))
        let words: [UInt64: (UInt64, UInt64)] = [
            0: (0x99AA_06D3_0147_98D8, 0x6001_C324_468D_497F), 1: (0, 0),
        ]
        let bytes = unsafe [UInt8]().withUnsafeBytes { unsafe KeyHash($0, seed: seed) }.withBytes { unsafe Array($0) }
        let (high, low) = words[seed] ?? (0, 0)
        let wanted = [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
        #expect((bytes == wanted) == (seed == 0), "another seed is another function")
    }

    @Test("postings sort as numbers and strings do, and hold at most 433 bytes")
    func postings() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        let field = FieldPostings("f", store)
        let numbers: [Double] = [
            -.greatestFiniteMagnitude, -2.5, -1, -.leastNonzeroMagnitude, 0, 1e-300, 1, 1.5, 2, 1e300,
        ]
        let keys = numbers.map { field.key(.number($0)) }
        #expect(keys == keys.sorted() && Set(keys).count == numbers.count)
        #expect(field.key(.number(-0.0)) == field.key(.number(0)))
        let strings = ["", "a", "a\u{0}", "ab", "b", "é"].map { field.key(.string($0)) }
        #expect(strings == strings.sorted())
        #expect(field.key(.string("e\u{301}")) != field.key(.string("é")))
        let long = String(repeating: "x", count: 400)
        #expect(field.key(.string(long)).bytes.count == 417)
        #expect(field.key(.string(long + "y")).bytes.count == 433)
        #expect(field.key(.string(long + "y")) != field.key(.string(long + "z")))
        let metadata = try Metadata(
            json: #"{"a":1,"hidden":2,"b":["x","x","y"],"c":[true_]}"#.replacing("[true_]", with: "true"))
        // a: there, 1; b: there, several, x, y; c: there, true.
        #expect(store.postings(of: metadata, nonFilterable: ["hidden"]).count == 8)
    }

    @Test("bytes of chance are an error or a value, never a crash", arguments: Seed.quick)
    func noise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var codes = RowCodes(training: 3, codeBytes: 2)
        codes.lists = [5, 6]
        codes.errors = [7, 8]
        codes.codes = [1, 2, 3, 4]
        let samples = [
            JournalEntry.added(first: Row(9), count: 2, codes: codes).encoded, JournalEntry.killed([Row(4)]).encoded,
            Intent(key: try VectorKey("ab"), action: .put(values: [1], encodedMetadata: [2])).encoded,
        ]
        var damaged = 0, tries = 0
        for _ in 0..<Seed.steps(3000, most: 100_000) {
            var bytes = samples[random.below(samples.count)]
            switch random.below(3) {
            case 0: bytes = Array(bytes.prefix(random.below(bytes.count)))
            case 1: bytes = (0..<random.below(80)).map { _ in UInt8.random(in: 0...255, using: &random) }
            default: bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
            }
            tries += 1
            unsafe bytes.withUnsafeBytes { bytes in
                let journal = errorCode { _ = unsafe try JournalEntry(encoded: bytes, path: "") }
                let intent = errorCode { _ = unsafe try Intent(encoded: bytes, number: 0, path: "") }
                _ = errorCode { _ = unsafe try RowRecord(bytes: bytes, path: "") }
                _ = errorCode { _ = unsafe try StoreCounters(bytes: bytes, path: "") }
                if journal == "damaged", intent == "damaged" { damaged += 1 }
            }
        }
        #expect(damaged == tries, "MEMVEC_SEED=\(seed): every change is found by the checksum")
    }
}
