import Testing
import Vectors

@testable import Storage

private func words(_ keys: [[String]], in store: Store) throws -> (WantedKeys, [UInt64]) {
    let pieces = try keys.map { lines in
        var piece = CandidateKeys()
        for key in lines { try piece.append(key) }
        piece.endLine()
        return WantedKeys.Piece(keys: piece, values: [0, 0, 0])
    }
    let wanted = WantedKeys(pieces, dimension: 3, metric: .euclidean)
    for piece in pieces.indices { wanted.note(piece, in: store) }
    wanted.gather()
    for piece in pieces.indices { wanted.place(piece) }
    wanted.endPlacing()
    var words = try (0..<WantedKeys.partCount).flatMap { part in
        try store.read { try $0.resolve(part: part, of: wanted) }
    }
    WantedKeys.sort(&words)
    return (wanted, try store.read { try $0.confirm(words[...], of: wanted) })
}

@Test("keys of many lines are each found once, whether or not their hashes collide", arguments: [UInt64.max, 3, 0])
func wantedKeys(mask: UInt64) throws {
    let folder = try TemporaryFolder()
    let store = try openStore(folder.path, keyHashMask: mask)
    try store.fill(60)
    let lines = [
        (0..<40).map { "k\($0)" } + ["k3", "nobody"], (30..<65).map { "k\($0)" }, ["nobody", "k59", ""].dropLast(),
    ].map { Array($0) }
    let (wanted, found) = try words(lines, in: store)
    #expect(try found.map { try wanted.key(of: $0).text }.sorted() == (0..<60).map { "k\($0)" }.sorted())
    for word in found {
        let key = try wanted.key(of: word)
        #expect(try store.read { try $0.row(of: key) } == wanted.row(of: word))
        let vector: [Float] = [Float(wanted.row(of: word).number), 0, 0]
        wanted.give(word, vector.span)
    }
    #expect(found.map { wanted.row(of: $0).number } == found.map { wanted.row(of: $0).number }.sorted())
    for (piece, keys) in lines.enumerated() {
        let distances = wanted.distances(ofPiece: piece)
        for (at, key) in keys.enumerated() {
            let row = try store.read { try $0.row(of: try VectorKey(key)) }
            let isRepeated = keys[..<at].contains(key)
            let expected = isRepeated ? WantedCode.namedBefore : row.map { Float($0.number) } ?? WantedCode.noSuchKey
            #expect(distances[at] == expected, "\(key) of piece \(piece)")
        }
    }
}

@Test("a key that is not one of its hash's row is not found by it")
func wantedConfirmed() throws {
    let folder = try TemporaryFolder()
    let store = try openStore(folder.path, keyHashMask: 0)
    try store.fill(1)
    // One row under the hash: it leads there, and the record says no.
    let (wanted, found) = try words([["another"]], in: store)
    #expect(found.isEmpty && wanted.distances(ofPiece: 0) == [WantedCode.noSuchKey])
}

@Test("a part of many keys is in order, and so is a part of few")
func wantedSorting() throws {
    let folder = try TemporaryFolder()
    // All in one part, so that the long way of sorting is taken.
    let store = try openStore(folder.path, keyHashMask: 0x00FF_FFFF_FFFF_FFFF)
    try store.fill(3000)
    let (wanted, found) = try words([(0..<3500).reversed().map { "k\($0)" }], in: store)
    #expect(found.count == 3000)
    #expect(wanted.distances(ofPiece: 0).prefix(500).allSatisfy { $0 == WantedCode.noSuchKey })
}
