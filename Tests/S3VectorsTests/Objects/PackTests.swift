import Testing
import Tiers
import Vectors
import Workload

@testable import S3Vectors

@Suite("Packs of vectors in objects")
struct PackTests {
    private func records(_ count: Int, seed: UInt64) throws -> [PackWriter.Record] {
        var dice = SplitMix64(seed: seed)
        return try (0..<count).map { number in
            let key = try VectorKey("key é \(number)")
            if dice.below(4) == 0 { return .deletion(key) }
            let metadata = dice.below(2) == 0 ? Metadata() : try Metadata(json: #"{"n":\#(number),"t":["a"]}"#)
            return .vector(ColdVector(key: key, values: (0..<5).map { _ in dice.normal() }, metadata: metadata))
        }
    }

    @Test("what is packed is read again, by its key's hash", arguments: Seed.quick)
    func roundTrip(seed: UInt64) throws {
        let records = try records(200, seed: seed)
        let (shape, bytes) = PackWriter.pack(records, name: "p")
        #expect(shape.byteCount(dimension: 5) == bytes.count)
        let directory = try PackDirectory(Array(bytes[shape.directory]), of: shape)
        for record in records {
            let entry = try #require(directory.entry(of: KeyHash(record.key)))
            let start = shape.factsStart + entry.factsOffset
            let facts = try PackReader.facts(bytes[start..<(start + entry.factsLength)], entry)
            #expect(facts.key == record.key)
            switch record {
            case .deletion: #expect(entry.isDeleted)
            case .vector(let vector):
                let start = shape.vectorsStart + Int(entry.vector) * 20
                #expect(try PackReader.values(bytes[start..<(start + 20)], entry) == vector.values)
                #expect(facts.metadata == vector.metadata)
            }
        }
        #expect(directory.entry(of: KeyHash(try VectorKey("another"))) == nil)
        let hashes = (0..<directory.count).map { directory[$0].hash }
        #expect(hashes == hashes.sorted())
        #expect(directory.firstPosition(from: hashes[77]) == 77)
    }

    @Test("a byte that is wrong is found before it is believed", arguments: Seed.quick)
    func damage(seed: UInt64) throws {
        let records = try records(20, seed: seed)
        let (shape, bytes) = PackWriter.pack(records, name: "p")
        let directory = try PackDirectory(Array(bytes[shape.directory]), of: shape)
        for at in bytes.indices {
            var damaged = bytes
            damaged[at] ^= 0x40
            if shape.directory.contains(at) {
                #expect(throws: ColdError.self) {
                    try PackDirectory(Array(damaged[shape.directory]), of: shape)
                }
                continue
            }
            let failures = (0..<directory.count).filter { position in
                let entry = directory[position]
                let facts = shape.factsStart + entry.factsOffset
                let values = shape.vectorsStart + Int(entry.vector == PackEntry.deleted ? 0 : entry.vector) * 20
                let readsFacts = (try? PackReader.facts(damaged[facts..<(facts + entry.factsLength)], entry)) != nil
                let readsValues =
                    entry.isDeleted || (try? PackReader.values(damaged[values..<(values + 20)], entry)) != nil
                return !readsFacts || !readsValues
            }
            #expect(failures.count == 1, "byte \(at) belongs to one record, MEMVEC_SEED=\(seed)")
        }
    }

    @Test("a directory that leads outside of its pack is refused, whatever its hash says")
    func outside() throws {
        let record = PackWriter.Record.vector(
            ColdVector(key: try VectorKey("k"), values: [1, 2], metadata: Metadata()))
        let (shape, bytes) = PackWriter.pack([record], name: "p")
        for (offset, value) in [(16, UInt8(200)), (23, 0x7F), (24, 9)] {
            var directory = Array(bytes[shape.directory])
            directory[offset] = value
            var told = shape
            told.directoryHash = Digest.hexadecimal(Digest.sha256(directory))
            #expect(throws: ColdError.self, "byte \(offset)") { try PackDirectory(directory, of: told) }
        }
    }

    @Test("a manifest is read as it was written; what is none is refused")
    func manifest() throws {
        var manifest = ObjectManifest(
            ColdDescription(dimension: 7, metric: .cosine, nonFilterableKeys: ["a", "\""], creationTime: 1.5))
        manifest.packs = [
            PackShape(name: "packs/1", entryCount: 3, factsByteCount: 99, vectorCount: 2, directoryHash: "ab"),
            PackShape(name: "packs/2", entryCount: 1, factsByteCount: 9, vectorCount: 0, directoryHash: "cd"),
        ]
        #expect(try ObjectManifest(manifest.bytes) == manifest)
        let text = String(decoding: manifest.bytes, as: UTF8.self)
        for (old, new) in [
            ("\"format\":1", "\"format\":2"), ("\"dimension\":7", "\"dimension\":0"), ("cosine", "round"),
            ("\"entries\":3", "\"entries\":-3"), ("\"vectors\":2", "\"vectors\":4"), ("packs\":", "p\":"),
        ] {
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            #expect(throws: ColdError.self, "\(new)") { try ObjectManifest(Array(changed.utf8)) }
        }
        #expect(throws: ColdError.self) { try ObjectManifest([]) }
    }

    @Test("reads that are near one another are one, none is longer than the limit, and each finds its bytes")
    func plan() throws {
        var dice = SplitMix64(seed: 5)
        for _ in 0..<50 {
            let ranges = (0..<40).map { _ in
                let start = dice.below(3000) * 10
                return start..<(start + 10)
            }
            let merged = ReadPlan.merged(ranges, gapBytes: 100, limitBytes: 400)
            #expect(merged.allSatisfy { $0.count <= 400 })
            #expect(zip(merged, merged.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
            let pieces = merged.map { range in
                ReadPlan.Piece(name: "p", start: range.lowerBound, bytes: range.map { UInt8(truncatingIfNeeded: $0) })
            }
            let plan = ReadPlan(pieces)
            for range in ranges {
                #expect(Array(try plan.bytes("p", range)) == range.map { UInt8(truncatingIfNeeded: $0) })
            }
            #expect(throws: ColdError.self) { try plan.bytes("q", ranges[0]) }
        }
        #expect(
            ReadPlan.merged([0..<10, 110..<120, 221..<230], gapBytes: 100, limitBytes: 999) == [0..<120, 221..<230])
        #expect(ReadPlan.merged([0..<900], gapBytes: 1, limitBytes: 10) == [0..<900], "none is divided")
    }

    @Test("addresses of collections in plain S3")
    func addresses() throws {
        #expect(try ObjectAddress("s3://my.bucket/a/b").prefix == "a/b")
        for text in ["s3://bucket", "s3://bucket/", "s3://b/a", "s3://bucket//a", "s3://bucket/a/../b", "http://x/y"] {
            #expect(throws: ColdAddressError.self, "\(text)") { try ObjectAddress(text) }
        }
    }
}
