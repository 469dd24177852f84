import Testing
import Vectors

@testable import Storage

@Suite("Store: journal and intents")
struct JournalTests {
    @Test("an entry of many rows becomes several, and reads as the same rows and codes")
    func split() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path, dimension: 1)
        let count = 10_000
        var codes = RowCodes(training: 1, codeBytes: 3)
        for i in 0..<count {
            codes.lists.append(UInt32(i))
            codes.errors.append(UInt8(truncatingIfNeeded: i))
            codes.codes += [UInt8(truncatingIfNeeded: i), 1, 2]
        }
        try store.fill(count)
        let last = try store.write { writer in
            try writer.append(.added(first: Row(UInt32(count)), count: 0, codes: nil))
            return try writer.append(.added(first: Row(0), count: count, codes: codes))
        }
        #expect(last == 5)
        var read = RowCodes(training: 1, codeBytes: 3), rows = 0
        try store.read { reader in
            try reader.journal(from: 3) { sequence, entry in
                guard case .added(let first, let count, let codes?) = entry else { return false }
                #expect(Int(first.number) == rows && count <= StoreWriter.journalRows && sequence <= last)
                rows += count
                read.lists += codes.lists
                read.errors += codes.errors
                read.codes += codes.codes
                return true
            }
        }
        #expect(rows == count && read == codes)
        let killed = (0..<count).map { Row(UInt32($0)) }
        #expect(try store.write { try $0.append(.killed(killed)) } == last + 3)
    }

    @Test("trimming removes what was asked for, in bounded steps, and the numbers go on")
    func trim() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        for i in 0..<1000 { try store.write { _ = try $0.append(.snapshot(number: UInt64(i))) } }
        func first() throws -> UInt64? {
            var first: UInt64?
            try store.read { reader in
                try reader.journal(from: 0) { sequence, _ in
                    first = sequence
                    return false
                }
            }
            return first
        }
        #expect(try store.write { try $0.trimJournal(upTo: 600, limit: 100) } == false)
        #expect(try first() == 101)
        #expect(try store.write { try $0.trimJournal(upTo: 600) } == true)
        #expect(try first() == 601)
        try store.expectSound()
        #expect(try store.write { try $0.trimJournal(upTo: .max) } == true)
        #expect(try first() == nil)
        #expect(try store.write { try $0.append(.killed([])) } == 1001)
        try store.expectSound()
    }

    @Test("a damaged entry is an error, and found by verify")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path)
        try store.write { _ = try $0.append(.killed([])) }
        try store.environment.write { txn in
            var key: UInt64 = 1
            var bytes = JournalEntry.killed([]).encoded
            bytes[bytes.count - 1] ^= 1
            unsafe try withUnsafeBytes(of: &key) { key in
                unsafe try bytes.withUnsafeBytes { unsafe try txn.put(store.tables.journal, key, $0) }
            }
        }
        #expect(errorCode { try store.read { try $0.journal(from: 0) { _, _ in true } } } == "damaged")
        #expect(try store.verify(nonFilterable: []).problems.count == 1)
    }

    @Test("intents go by number and by key, are counted, and change nothing that is found", arguments: [UInt64.max, 1])
    func intents(mask: UInt64) throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder.path, keyHashMask: mask)
        try store.fill(5)
        let keys = try (0..<6).map { try VectorKey("k\($0)") }
        let numbers = try store.write { writer in
            try (0..<12).map { i in
                try writer.add(
                    Intent(
                        key: keys[i % 6],
                        action: i % 4 == 3 ? .delete : .put(values: [Float(i), 0, 0], encodedMetadata: [])))
            }
        }
        #expect(numbers == Array(1...12))
        try store.read { (reader: borrowing StoreReader) throws in
            #expect(try reader.intents(on: keys[2]).map(\.number) == [3, 9])
            #expect(try reader.intents(after: 10, limit: 5).map(\.number) == [11, 12])
            #expect(try reader.intents().count == 12)
            #expect(try reader.row(of: keys[5]) == nil && reader.counters().liveCount == 5)
        }
        try store.expectSound()
        let bytes = store.counters.intentBytes
        try store.write { writer in
            var intent = try #require(try writer.intent(9))
            intent.state = .conflict
            intent.sentCount = 4
            #expect(try writer.update(9, intent))
            #expect(try !writer.update(99, intent))
            try writer.removeIntent(3)
            try writer.removeIntent(99)
        }
        #expect(store.counters.intentCount == 11 && store.counters.intentBytes < bytes)
        let left = try store.read { try $0.intents(on: keys[2]) }
        #expect(left.map(\.number) == [9] && left.first?.intent.state == .conflict && left.first?.intent.sentCount == 4)
        try store.expectSound()
        try store.write { writer in for number in numbers { try writer.removeIntent(number) } }
        #expect(store.counters.intentCount == 0 && store.counters.intentBytes == 0)
        #expect(try store.write { try $0.add(Intent(key: keys[0], action: .delete)) } == 13)
        try store.expectSound()
    }
}
