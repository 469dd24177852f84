import Foundation
import Storage
import Testing
import Vectors
import Workload

@testable import Tiers

@Suite("Page walker")
struct PageWalkerTests {
    @Test("a file that LMDB wrote has no finding: empty, small, after much deleting, with a long free list")
    func soundFiles() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/data.mdb"
        #expect(PageWalker.check(path: path) == nil)
        let layout = BlockLayout(dimension: 128)
        let file = try BlockFile(path: path, layout: layout, generation: 1, mapBytes: 1 << 30, isSynced: false)
        #expect(PageWalker.check(path: path) == nil)
        var blocks: [BlockFile.Block] = []
        for round in 0..<40 {
            let contents = (0..<10).map { _ in
                BlockFile.Contents(rows: [UInt32(round)], vectors: [Float](repeating: Float(round), count: 128))
            }
            let old = round % 3 == 0 ? Array(blocks.prefix(round)) : []
            blocks.removeFirst(old.count)
            blocks += try file.commit(append: contents, delete: old)
            #expect(PageWalker.check(path: path) == nil, "round \(round)")
        }
        _ = try file.commit(append: [], delete: blocks)
        #expect(PageWalker.check(path: path) == nil)
    }
}
