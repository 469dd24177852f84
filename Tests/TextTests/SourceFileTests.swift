import Foundation
import Testing

@testable import Text

@Suite("Packed files")
struct SourceFileTests {
    private let folder = TemporaryFolder()
    /// As much as is unpacked at once.
    private let first = Data(repeating: 0x61, count: unpackedPieceBytes)
    private let second = Data(repeating: 0x62, count: unpackedPieceBytes)

    private func packed(_ data: Data, _ program: String) throws -> Data {
        let path = try pack(program, folder.write("plain", data), program == "gzip" ? "gz" : "bz2")
        return try Data(contentsOf: URL(filePath: path))
    }

    private func unpacked(_ data: Data) throws -> Data? {
        let file = try SourceFile(path: folder.write("packed", data))
        return try file.all(limit: 8 << 20).map { Data($0) }
    }

    @Test(
        "that fill a piece exactly are whole, alone and joined, and are truncated without their end",
        arguments: ["gzip", "bzip2"])
    func exactPieces(_ program: String) throws {
        let one = try packed(first, program), two = try packed(second, program)
        #expect(try unpacked(one) == first)
        #expect(try unpacked(one + two) == first + second)
        #expect(try unpacked(packed(first + second, program)) == first + second)
        #expect(throws: SourceError.self) { _ = try unpacked(one.dropLast(4)) }
        #expect(throws: SourceError.self) { _ = try unpacked(one + two.dropLast(4)) }
    }

    @Test("go on behind a member that fills a piece and ends where a piece of the file ends")
    func memberAtPieceEnd() throws {
        var one = try packed(first, "gzip")
        // Behind the ten bytes of its head stands the file's name; a comment behind that makes it as long as wanted.
        let nameEnd = try #require(one.dropFirst(10).firstIndex(of: 0))
        var comment = Data(repeating: 0x63, count: SourceFile.pieceBytes - one.count - 1)
        comment.append(0)
        one[3] |= 0x10
        one.insert(contentsOf: comment, at: nameEnd + 1)
        #expect(one.count == SourceFile.pieceBytes)
        #expect(try unpacked(one) == first)
        #expect(try unpacked(one + packed(second, "gzip")) == first + second)
    }
}

@Suite("Lines of a source")
struct SourceLinesTests {
    /// The lines of these pieces, nil for one that is too long, and the most bytes that were held for the next piece.
    private func lines(_ pieces: [String], limit: Int) throws -> (found: [String?], held: Int) {
        let lines = SourceLines(limit: limit)
        var left = pieces[...], held = 0, found: [String?] = []
        func piece() -> [UInt8]? {
            held = max(held, lines.heldCount)
            return left.popFirst().map { Array($0.utf8) }
        }
        while let line = try lines.next(piece) {
            switch line {
            case .whole(let bytes): found.append(String(decoding: bytes, as: UTF8.self))
            case .tooLong: found.append(nil)
            }
        }
        return (found, held)
    }

    @Test("are given whole, however they come in pieces")
    func whole() throws {
        #expect(try lines(["ab\ncd", "e\n", "\nla", "", "st"], limit: 10).found == ["ab", "cde", "", "last"])
        #expect(try lines(["a\n"], limit: 10).found == ["a"])
        #expect(try lines([], limit: 10).found == [])
    }

    @Test("are not kept where they are too long, and counted all the same")
    func tooLong() throws {
        let endless = [String](repeating: "6789", count: 100)
        let (found, held) = try lines(
            ["ok\n12", "34", "5"] + endless + ["0\nnext", "\nfives\nfour\n"] + endless, limit: 4)
        #expect(found == ["ok", nil, "next", nil, "four", nil])
        #expect(held <= 4)
    }

    @Test("of JSON may begin with a byte order mark in UTF-8; in UTF-16 they are broken, once")
    func marks() throws {
        let folder = TemporaryFolder()
        let lines = #"{"id":"a","text":"one"}"# + "\r\n" + #"{"id":"b","text":"two"}"#
        let marked = try read(folder.write("a.jsonl", Data([0xEF, 0xBB, 0xBF]) + Data(lines.utf8)))
        #expect(marked.failure == nil && marked.items.compactMap(\.document?.id) == ["a", "b"])
        #expect(marked.items.count == 2)
        #expect(try read(folder.write("b.jsonl", Data([0xEF, 0xBB, 0xBF]))).items.isEmpty)
        for isLittle in [true, false] {
            let units = ("\u{FEFF}" + lines).utf16.flatMap { unit in
                isLittle ? [UInt8(unit & 255), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 255)]
            }
            let (items, failure) = try read(folder.write("c.jsonl", Data(units)))
            #expect(failure == nil && items.count == 1 && items.allSatisfy(\.isBroken))
            #expect(items.first?.reason == "it is UTF-16, and JSON lines are read in UTF-8 alone")
        }
    }

    @Test("of JSON that are too long are named broken, and those behind them are read")
    func jsonLines() throws {
        let folder = TemporaryFolder()
        let long = String(repeating: "x", count: 5 << 19)
        let text = [#"{"id":"a","text":"one"}"#, long, #"{"id":"b","text":"two"}"#].joined(separator: "\n")
        let path = try folder.write("a.jsonl", text)
        let reader = JSONLinesReader(try SourceFile(path: path), name: "a.jsonl", lineLimit: 1 << 20)
        var items: [SourceItem] = []
        while let item = try reader.next() { items.append(item) }
        #expect(items.compactMap(\.document?.file) == ["a.jsonl, line 1", "a.jsonl, line 3"])
        #expect(items.count == 3)
        #expect(items[1] == .broken(file: "a.jsonl", place: "line 2", reason: "a line of over 1 MiB"))
    }
}
