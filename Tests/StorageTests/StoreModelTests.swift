import Testing
import Vectors

@testable import Storage

/// What a store must hold, as a dictionary.
private struct Model {
    struct Entry: Equatable {
        var values: [Float]
        var metadata: Metadata
        var version: UInt32
    }
    var entries: [String: Entry] = [:]
    var journal: [JournalEntry] = []
    var notes: [String: [UInt8]] = [:]
    var commits: UInt64 = 0
}

/// A store, its model, and random steps on both.
private struct World {
    let folder: TemporaryFolder
    var store: Store
    var model = Model()
    var random: SeededGenerator
    let mask: UInt64
    let holdsVectors: Bool

    init(seed: UInt64, mask: UInt64 = .max, holdsVectors: Bool = true) throws {
        folder = try TemporaryFolder()
        self.mask = mask
        self.holdsVectors = holdsVectors
        store = try openStore(folder.path, holdsVectors: holdsVectors, keyHashMask: mask)
        random = SeededGenerator(seed: seed)
    }

    struct Stopped: Error {}

    /// One transaction; every tenth is thrown away.
    mutating func step() throws {
        var staged = model
        staged.commits += 1
        var random = self.random
        let isStopped = random.below(10) == 0
        let isLarge = random.below(15) == 0
        do {
            try store.write { writer in
                for _ in 0..<(1 + random.below(6)) {
                    try Self.operation(writer, store, &staged, &random, batch: isLarge ? 1500 : 12)
                }
                if isStopped { throw Stopped() }
            }
            model = staged
        } catch is Stopped {}
        self.random = random
    }

    private static func operation(
        _ writer: borrowing StoreWriter, _ store: Store, _ model: inout Model, _ random: inout SeededGenerator,
        batch: Int
    ) throws {
        let key = "k\(random.below(400))"
        switch random.below(8) {
        case 0, 1:
            let entry = randomEntry(&random)
            let before = try writer.row(of: VectorKey(key))
            let (row, killed) = try writer.put(try makePut(key, entry.values, metadata: entry.metadata, in: store))
            #expect(killed == before && (before != nil) == (model.entries[key] != nil))
            model.entries[key] = entry
            try append(.added(first: row, count: 1, codes: nil), writer, &model)
            if let killed { try append(.killed([killed]), writer, &model) }
        case 2, 3, 4:
            var puts: [StoreWriter.Put] = [], died = 0
            for _ in 0..<random.below(batch) {
                let key = "k\(random.below(400))", entry = randomEntry(&random)
                if model.entries[key] != nil { died += 1 }
                model.entries[key] = entry
                puts.append(try makePut(key, entry.values, metadata: entry.metadata, in: store))
            }
            let (first, killed) = try writer.putMany(puts)
            #expect(killed.count == died && (first == nil) == puts.isEmpty)
            if let first { try append(.added(first: first, count: puts.count, codes: nil), writer, &model) }
        case 5:
            let row = try writer.delete(try VectorKey(key))
            #expect((row != nil) == (model.entries[key] != nil))
            model.entries[key] = nil
            if let row { try append(.killed([row]), writer, &model) }
        case 6:
            guard let row = try writer.row(of: try VectorKey(key)), let old = try writer.record(of: row) else { return }
            if random.below(3) == 0 {
                #expect(try writer.kill(row))
                #expect(try !writer.kill(row))
                model.entries[key] = nil
                return
            }
            let metadata = randomEntry(&random).metadata
            try writer.setMetadata(
                of: row, encoded: metadata.encoded,
                remove: store.postings(of: try Metadata(encoded: old.encodedMetadata), nonFilterable: ["hidden"]),
                add: store.postings(of: metadata, nonFilterable: ["hidden"]))
            model.entries[key]?.metadata = metadata
            model.entries[key]?.version += 1
            try append(.metadataChanged([row]), writer, &model)
        default:
            let name = "note\(random.below(3))"
            let bytes = random.below(3) == 0 ? nil : [UInt8](repeating: 7, count: random.below(9000))
            try writer.setNote(name, bytes)
            model.notes[name] = bytes
            if random.below(4) == 0 {
                let last = writer.counters.journalNext - 1
                try writer.trimJournal(upTo: last)
                model.journal = []
            }
        }
    }

    private static func append(
        _ entry: JournalEntry, _ writer: borrowing StoreWriter, _ model: inout Model
    ) throws {
        try writer.append(entry)
        model.journal.append(entry)
    }

    static func randomEntry(_ random: inout SeededGenerator) -> Model.Entry {
        Model.Entry(
            values: (0..<3).map { _ in Float.random(in: -1...1, using: &random) },
            metadata: RandomMetadata.make(&random), version: 1)
    }

    mutating func reopen() throws {
        let path = folder.path
        // The old one must be gone first, so that the file is really opened anew.
        let empty = try TemporaryFolder()
        store = try openStore(empty.path)
        store = try openStore(path, holdsVectors: holdsVectors, keyHashMask: mask)
    }

    mutating func check(_ comment: String) throws {
        try store.expectSound(comment)
        #expect(Int(store.counters.liveCount) == model.entries.count, "\(comment)")
        let live = store.live.snapshot(rowCount: Int(store.counters.nextRow))
        #expect(live.count == model.entries.count, "\(comment)")
        try store.read { reader in
            for (key, entry) in model.entries {
                let row = try #require(try reader.row(of: try VectorKey(key)))
                #expect(try reader.isLive(row) && live.contains(row))
                let record = try #require(try reader.record(of: row))
                #expect(record.key.text == key && record.fingerprint == Fingerprint(of: entry.values))
                #expect(record.metadataVersion == entry.version, "\(comment)")
                #expect(record.encodedMetadata == entry.metadata.encoded, "\(comment) key \(key)")
                let found = try reader.withVector(of: row) { span in span.indices.map { span[$0] } }
                #expect(found == (holdsVectors ? entry.values : nil), "\(comment) key \(key)")
            }
            for (name, bytes) in model.notes { #expect(try reader.note(name) == bytes) }
            var journal: [JournalEntry] = []
            try reader.journal(from: 0) { _, entry in
                journal.append(entry)
                return true
            }
            #expect(journal == model.journal, "\(comment)")
        }
        try checkListing(comment)
        try checkFilters(comment)
    }

    /// Pages meet each live row once, and so do slices by row.
    private func checkListing(_ comment: String) throws {
        try store.read { reader in
            var listed: [String] = [], position: [UInt8]?
            repeat {
                let page = try reader.list(after: position, limit: 37)
                for row in page.rows { listed.append(try #require(try reader.record(of: row)).key.text) }
                position = page.next
            } while position != nil
            #expect(listed.count == model.entries.count && Set(listed) == Set(model.entries.keys), "\(comment)")
            var rows: [Row] = [], next: Row? = Row(0)
            while let from = next {
                next = try reader.forEachLiveRow(from: from, limit: 41) { row, record, vector in
                    rows.append(row)
                    let entry = try #require(model.entries[record.key.text])
                    var values: [Float]?
                    if let vector { values = vector.indices.map { vector[$0] } }
                    #expect(values == (holdsVectors ? entry.values : nil))
                }
            }
            #expect(rows == rows.sorted() && Set(rows).count == model.entries.count, "\(comment)")
        }
    }

    private mutating func checkFilters(_ comment: String) throws {
        for _ in 0..<20 {
            let filter = RandomMetadata.filter(&random)
            let rows = try store.read { try $0.rows(matching: filter) }
            let wanted = model.entries.filter { filter.matches($0.value.metadata) }.keys
            let found = try store.read { reader in try rows.rows.map { try reader.record(of: $0)?.key.text } }
            #expect(Set(found) == Set(wanted.map { $0 }), "\(comment) \(filter)")
            #expect(found.count == wanted.count)
        }
    }
}

@Suite("Store: model")
struct StoreModelTests {
    @Test("random writes, aborts and reopens leave what a dictionary holds", arguments: Seed.quick)
    func model(seed: UInt64) throws {
        try run(try World(seed: seed), steps: Seed.steps(200, most: 4000), "MEMVEC_SEED=\(seed)")
    }

    @Test("the same where only four hashes of keys are different", arguments: Seed.quick)
    func collisions(seed: UInt64) throws {
        try run(try World(seed: seed, mask: 1), steps: Seed.steps(60, most: 500), "MEMVEC_SEED=\(seed)")
    }

    @Test("the same where the vectors are elsewhere", arguments: Seed.quick)
    func remote(seed: UInt64) throws {
        try run(try World(seed: seed, holdsVectors: false), steps: Seed.steps(60, most: 1000), "MEMVEC_SEED=\(seed)")
    }

    private func run(_ start: World, steps: Int, _ comment: String) throws {
        var world = start
        for step in 1...steps {
            try world.step()
            if world.random.below(40) == 0 { try world.reopen() }
            if step % 50 == 0 || step == steps { try world.check("\(comment) step \(step)") }
        }
        #expect(world.store.counters.commitNumber == world.model.commits, "\(comment)")
    }
}
