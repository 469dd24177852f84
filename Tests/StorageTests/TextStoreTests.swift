import Analysis
import Testing
import Vectors

@testable import Storage

/// A store with text fields, what it must hold as a dictionary, and random steps on both.
private struct World {
    static let names = ["title", "body", "tags"]
    static let languages: [Language?] = [.english, .japanese, nil]
    static let words = [
        "running", "runs", "dogs", "dog", "Straße", "naïve", "the", "of", "水", "東京都", "3.14", "x", "caf\u{E9}", "emu",
    ]

    let folder: TemporaryFolder
    var store: Store
    var random: SeededGenerator
    var metadata: [String: Metadata] = [:]
    /// Field -> language, in the order added.
    var fields: [(name: String, language: Language?)] = []

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        store = try openStore(folder.path)
        random = SeededGenerator(seed: seed)
    }

    struct Stopped: Error {}

    /// One transaction; every eighth is thrown away.
    mutating func step() throws {
        var staged = self
        staged.random = random
        do {
            if staged.random.below(20) == 0 { try staged.store.prepareText() }
            let isStopped = staged.random.below(8) == 0
            let prepared = try staged.store.read { try $0.textAnalysis() }
            try staged.store.write { writer in
                for _ in 0..<(1 + staged.random.below(4)) { try staged.operation(writer, prepared) }
                if isStopped { throw Stopped() }
            }
            self = staged
        } catch is Stopped {
            random = staged.random
        }
    }

    private mutating func operation(_ writer: borrowing StoreWriter, _ prepared: TextAnalysis?) throws {
        let key = "k\(random.below(60))"
        switch random.below(10) {
        case 0, 1: _ = try writer.put(put(key, prepared))
        case 2, 3, 4:
            var puts: [StoreWriter.Put] = []
            // Of a few keys, so that some are there twice.
            for _ in 0..<random.below(12) { puts.append(try put("k\(random.below(60))", prepared)) }
            _ = try writer.putMany(puts)
        case 5:
            _ = try writer.delete(try VectorKey(key))
            metadata[key] = nil
        case 6, 7:
            guard let row = try writer.row(of: try VectorKey(key)) else { return }
            let new = random.below(3) == 0 ? metadata[key] ?? Metadata() : try text()
            try writer.setMetadata(of: row, encoded: new.encoded, remove: [], add: [])
            metadata[key] = new
        case 8: try changeFields(writer)
        default: _ = try writer.stepText(rowLimit: 1 + random.below(20), postingLimit: 1 + random.below(40))
        }
    }

    private mutating func changeFields(_ writer: borrowing StoreWriter) throws {
        guard store.termTable != nil else { return }
        let name = Self.names[random.below(3)]
        if let at = fields.firstIndex(where: { $0.name == name }) {
            #expect(try writer.removeTextField(name))
            fields.remove(at: at)
        } else {
            let language = Self.languages[random.below(3)]
            #expect(try writer.addTextField(name, language: language))
            fields.append((name, language))
        }
    }

    private mutating func put(_ key: String, _ prepared: TextAnalysis?) throws -> StoreWriter.Put {
        let new = try text()
        metadata[key] = new
        // Postings of filters are another test's.
        var put = try makePut(key, [1, 2, 3], in: store)
        put.encodedMetadata = new.encoded
        if random.below(2) == 0 { put.text = prepared?.text(of: new) }
        return put
    }

    private mutating func text() throws -> Metadata {
        var members: [String] = []
        for name in Self.names {
            switch random.below(5) {
            case 0: members.append("\"\(name)\":\(random.below(9))")
            case 1: members.append("\"\(name)\":[\"\(phrase(4))\",\"\(phrase(4))\"]")
            case 2: continue
            default: members.append("\"\(name)\":\"\(phrase(20))\"")
            }
        }
        return try Metadata(json: "{\(members.joined(separator: ","))}")
    }

    private mutating func phrase(_ most: Int) -> String {
        (0..<random.below(most)).map { _ in Self.words[random.below(Self.words.count)] }.joined(separator: " ")
    }

    mutating func reopen() throws {
        let path = folder.path, empty = try TemporaryFolder()
        store = try openStore(empty.path)
        store = try openStore(path)
    }

    func check(_ comment: String) throws {
        // Postings of filters were not written: only what is said of text counts.
        let report = try store.verify(nonFilterable: Self.names)
        #expect(report.problems == [], "\(comment)")
        try store.read { reader in
            let found = try reader.textFields()
            #expect(
                found.map(\.name) == fields.map(\.name) && found.map(\.language) == fields.map(\.language), "\(comment)"
            )
            for field in found where field.state == .active { try check(field, reader, comment) }
        }
    }

    private func check(_ field: TextField, _ reader: borrowing StoreReader, _ comment: String) throws {
        var wanted: [String: [String: Int]] = [:], lengths: [String: Int] = [:]
        for (key, metadata) in metadata {
            for text in Self.texts(metadata[field.name]) {
                for term in Analyzer(language: field.language, role: .text).terms(of: text) {
                    wanted[term.text, default: [:]][key, default: 0] += 1
                    lengths[key, default: 0] += 1
                }
            }
        }
        #expect(field.documentCount == UInt64(lengths.count), "\(comment)")
        #expect(field.totalLength == UInt64(lengths.values.reduce(0, +)), "\(comment)")
        for word in Self.words + ["never"] {
            for term in Analyzer(language: field.language, role: .question).terms(of: word) {
                let postings = try reader.postings(of: Array(term.text.utf8).span, in: field)
                #expect(postings.map(\.row) == postings.map(\.row).sorted(), "\(comment)")
                var found: [String: Int] = [:]
                for posting in postings {
                    let key = try #require(try reader.record(of: posting.row)).key.text
                    found[key] = posting.frequency
                    #expect(posting.length == lengths[key], "\(comment) \(key)")
                }
                #expect(found == wanted[term.text] ?? [:], "\(comment) \(field.name) \(term.text)")
            }
        }
    }

    private static func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let values): values.compactMap { if case .string(let text) = $0 { text } else { nil } }
        default: []
        }
    }
}

@Suite("Store: text")
struct TextStoreTests {
    @Test(
        "postings are what the texts of live rows say, through every change of rows and fields", arguments: Seed.quick)
    func model(seed: UInt64) throws {
        var world = try World(seed: seed)
        let steps = Seed.steps(400, most: 4000)
        for step in 1...steps {
            try world.step()
            if world.random.below(50) == 0 { try world.reopen() }
            if step % 40 == 0 || step == steps { try world.check("MEMVEC_SEED=\(seed) step \(step)") }
        }
        while try world.store.write({ try $0.stepText() }) {}
        try world.check("MEMVEC_SEED=\(seed) at the end")
        #expect(try world.store.read { try !$0.hasTextWork() })
    }

    private func filled(_ count: Int) throws -> (TemporaryFolder, Store) {
        let folder = try TemporaryFolder(), store = try openStore(folder.path)
        try store.fill(count)
        try store.prepareText()
        return (folder, store)
    }

    @Test("rows of before are gone through in bounded steps, a reopen goes on, and readers see it when it is done")
    func building() throws {
        var (folder, store) = try filled(1000)
        let reader = try openStore(folder.path, readOnly: true)
        #expect(try store.write { try $0.addTextField("name", language: nil) })
        var steps = 0
        while try store.write({ try $0.stepText(rowLimit: 100) }) {
            steps += 1
            #expect(try store.read { try $0.textFields().map(\.state) } == [.building])
            try store.expectSound("step \(steps)")
            if steps == 5 {
                // Killed here, the place is known.
                let empty = try TemporaryFolder()
                store = try openStore(empty.path)
                store = try openStore(folder.path)
            }
        }
        #expect(steps == 9)
        try reader.prepareText()
        try reader.read { reader in
            let field = try #require(try reader.textFields().first)
            #expect(field.state == .active && field.documentCount == 1000 && field.totalLength == 1000)
            #expect(try reader.postings(of: Array("k17".utf8).span, in: field).map(\.row) == [Row(17)])
        }
    }

    @Test(
        "a field that is removed is found no more at once, its postings go in bounded steps, its number is given again")
    func removing() throws {
        let (_, store) = try filled(300)
        _ = try store.write { try $0.addTextField("name", language: nil) }
        while try store.write({ try $0.stepText() }) {}
        #expect(try store.write { try $0.removeTextField("name") })
        #expect(try store.write { try !$0.removeTextField("name") })
        #expect(try store.read { try $0.textFields() }.isEmpty)
        // What dies meanwhile, and the same field once more.
        _ = try store.write { try $0.delete(try VectorKey("k3")) }
        _ = try store.write { try $0.addTextField("name", language: .english) }
        while try store.write({ try $0.stepText(postingLimit: 50) }) {}
        try store.expectSound()
        let table = try #require(store.termTable)
        #expect(try store.environment.read { try $0.entryCount(table) } == 299)
        _ = try store.write { try $0.removeTextField("name") }
        while try store.write({ try $0.stepText(postingLimit: 50) }) {}
        #expect(try store.environment.read { try $0.entryCount(table) } == 0)
        _ = try store.write { try $0.addTextField("name", language: nil) }
        #expect(try store.read { try $0.textFields().map(\.number) } == [1])
    }

    @Test("a store without text fields has neither table nor list, and its version is that of before")
    func without() throws {
        let folder = try TemporaryFolder(), store = try openStore(folder.path)
        try store.fill(10)
        #expect(store.termTable == nil)
        try store.environment.read { txn in
            let list = unsafe try txn.get(store.tables.meta, TextFieldList.key).map { unsafe Array($0) }
            let identity = unsafe try txn.get(store.tables.meta, StoreIdentity.key).map { unsafe Array($0) }
            #expect(list == nil && identity?[0] == 1)
        }
        try store.prepareText()
        _ = try store.write { try $0.addTextField("name", language: nil) }
        try store.environment.read { txn in
            let identity = unsafe try txn.get(store.tables.meta, StoreIdentity.key).map { unsafe Array($0) }
            #expect(identity?[0] == 2)
        }
        let again = try openStore(folder.path, readOnly: true)
        #expect(try again.read { try $0.textFields().count } == 1)
    }

    @Test("fields that another analysis has made are begun anew")
    func renewed() throws {
        let (_, store) = try filled(50)
        _ = try store.write { try $0.addTextField("name", language: nil) }
        while try store.write({ try $0.stepText() }) {}
        #expect(try store.read { try !$0.hasOldText() })
        try store.write { writer in
            let list = try writer.textList, bytes = list.encoded
            var other = bytes
            // The field's fingerprint.
            other[6 + 4] ^= 1
            let changed = unsafe try other.withUnsafeBytes { unsafe try TextFieldList(encoded: $0, path: "") }
            writer.setTextList(changed)
        }
        #expect(try store.read { try $0.hasOldText() })
        #expect(try store.write { try $0.renewTextFields() } == ["name"])
        while try store.write({ try $0.stepText() }) {}
        try store.expectSound()
        #expect(try store.read { try $0.textFields().map(\.documentCount) } == [50])
    }

    enum Damage: CaseIterable, Sendable { case postingGone, postingTooMany, count, list }

    @Test("damage to text is found", arguments: Damage.allCases)
    func damage(_ damage: Damage) throws {
        let (_, store) = try filled(20)
        _ = try store.write { try $0.addTextField("name", language: nil) }
        while try store.write({ try $0.stepText() }) {}
        let table = try #require(store.termTable)
        try store.write { writer in
            var list = try writer.textList
            let key = TermKey(field: 1, Array("k3".utf8).span)
            var raw = TextPosting(row: damage == .postingGone ? 3 : 4, frequency: 1, length: 1).raw
            unsafe try key.bytes.withUnsafeBytes { key in
                unsafe try withUnsafeBytes(of: &raw) { value in
                    switch damage {
                    case .postingGone: unsafe _ = try writer.delete(table, key, value: value)
                    case .postingTooMany: unsafe try writer.put(table, key, value)
                    case .count:
                        list.fields[0].totalLength += 1
                        writer.setTextList(list)
                    case .list: try writer.put(store.tables.meta, TextFieldList.key, Array(list.encoded.dropLast()))
                    }
                }
            }
        }
        let problems = try store.verify(nonFilterable: ["hidden"]).problems
        #expect(!problems.isEmpty, "\(damage)")
    }

    @Test("the list of fields has the bytes that are drawn, and no other bytes are taken")
    func list() throws {
        var list = TextFieldList()
        list.version = 258
        list.fields = [
            TextField(
                name: "né", language: .german, state: .building, number: 3, analysis: 0x0102_0304, builtUpTo: 5,
                addedAt: 9, documentCount: 2, totalLength: 7),
            TextField(name: "x", language: nil, state: .leaving, number: 1, analysis: 0, builtUpTo: 0, addedAt: 0),
        ]
        let first: [UInt8] = [3, 1, 100, 101, 4, 3, 2, 1, 5, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7]
        let bytes: [UInt8] =
            [1, 2, 2, 1, 0, 0] + first + [0, 0, 0, 0, 0, 0, 0, 3, 110, 195, 169] + [1, 3]
            + [UInt8](repeating: 0, count: 30) + [1, 120]
        #expect(list.encoded == bytes)
        func decoded(_ bytes: [UInt8]) throws -> TextFieldList {
            unsafe try bytes.withUnsafeBytes { unsafe try TextFieldList(encoded: $0, path: "t") }
        }
        #expect(try decoded(bytes) == list)
        for count in 0..<bytes.count { #expect(throws: StorageError.self) { try decoded(Array(bytes[..<count])) } }
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            var other = bytes
            other[random.below(other.count)] = UInt8(random.below(256))
            _ = try? decoded(other)
        }
    }
}
