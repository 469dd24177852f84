import Formats
import Foundation
import Testing

extension LineStream {
    /// The bytes of the next lines, none of which is too long.
    fileprivate func nextLines(_ size: Int) throws -> [UInt8]? {
        guard let piece = try next(size) else { return nil }
        guard case .lines(let bytes) = piece else {
            Issue.record("a line is too long")
            return nil
        }
        return bytes
    }
}

@Test("lines come whole, in pieces of any size, and a file may be gone on with anywhere between lines")
func linePieces() throws {
    let lines = (0..<200).map { "line \($0) " + String(repeating: "x", count: $0 % 37) }
    for ending in ["\n", ""] {
        let text = lines.joined(separator: "\n") + ending
        let file = try SampleFile("a.jsonl", Array(text.utf8))
        for size in [1, 7, 64, 5000, 1 << 20] {
            let stream = try LineStream(path: file.path)
            var together: [UInt8] = [], offsets: [Int] = []
            while let piece = try stream.nextLines(size) {
                together += piece
                offsets.append(stream.offset)
                #expect(piece.last == 0x0A || stream.offset == text.utf8.count)
            }
            #expect(together == Array(text.utf8) && stream.byteCount == text.utf8.count)
            let again = try LineStream(path: file.path)
            try again.skip(offsets[offsets.count / 2])
            var rest: [UInt8] = []
            while let piece = try again.nextLines(size) { rest += piece }
            #expect(rest == Array(Array(text.utf8)[offsets[offsets.count / 2]...]))
        }
        let short = try LineStream(path: file.path)
        #expect(throws: FormatError.self) { try short.skip(text.utf8.count + 1) }
    }
}

@Test("a line that is too long is passed over and told, with all others in their places", arguments: [1, 64, 1000])
func longLines(size: Int) throws {
    // The second is longer than what the stream reads at a time.
    let long = [String(repeating: "x", count: 1001), String(repeating: "y", count: 3 << 20)]
    let longest = String(repeating: "z", count: 999)
    for ending in ["", "\n"] {
        let text = ["a", long[0], longest, "", long[1], "b", long[0] + ending].joined(separator: "\n")
        let file = try SampleFile("a.jsonl", Array(text.utf8))
        let stream = try LineStream(path: file.path, lineLimit: 1000)
        var found: [UInt8] = []
        while let piece = try stream.next(size) {
            switch piece {
            case .lines(let bytes): found += bytes
            case .tooLong(let limit):
                #expect(limit == 1000)
                found += Array("!\n".utf8)
            }
        }
        #expect(String(decoding: found, as: UTF8.self) == "a\n!\n\(longest)\n\n!\nb\n!\n")
        #expect(stream.offset == text.utf8.count)
    }
}

@Test("the ends of what was read are read again, wherever the stream is")
func endsOfInput() throws {
    let file = try SampleFile("a.jsonl", Array("one\ntwo\nthree\n".utf8))
    let stream = try LineStream(path: file.path)
    _ = try stream.next(4)
    #expect(try stream.ends(before: 0, size: 3) == [])
    #expect(try stream.ends(before: 8, size: 3) == Array("onewo\n".utf8))
    #expect(try stream.ends(before: 2, size: 3) == Array("onon".utf8))
    #expect(try stream.ends(before: 100, size: 3) == Array("one".utf8))
    #expect(stream.offset == 4)
}

@Test("a file is cut where it was right, written on, and refused when that is not there any more")
func resumedFile() throws {
    let sample = try SampleFile("out", Array("right, and what a kill left".utf8))
    let file = try ResumableFile(path: sample.path, keeping: 6)
    try file.write(Array(" again".utf8))
    try file.sync()
    #expect(file.byteCount == 12)
    #expect(try String(contentsOfFile: sample.path, encoding: .utf8) == "right, again")
    #expect(throws: FormatError.self) { _ = try ResumableFile(path: sample.path, keeping: 13) }
    try WholeFile.write(Array("new".utf8), to: sample.path)
    #expect(try String(contentsOfFile: sample.path, encoding: .utf8) == "new")
}
