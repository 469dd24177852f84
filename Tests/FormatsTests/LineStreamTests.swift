import Formats
import Foundation
import Testing

@Test("lines come whole, in pieces of any size, and a file may be gone on with anywhere between lines")
func linePieces() throws {
    let lines = (0..<200).map { "line \($0) " + String(repeating: "x", count: $0 % 37) }
    for ending in ["\n", ""] {
        let text = lines.joined(separator: "\n") + ending
        let file = try SampleFile("a.jsonl", Array(text.utf8))
        for size in [1, 7, 64, 5000, 1 << 20] {
            let stream = try LineStream(path: file.path)
            var together: [UInt8] = [], offsets: [Int] = []
            while let piece = try stream.next(size) {
                together += piece
                offsets.append(stream.offset)
                #expect(piece.last == 0x0A || stream.offset == text.utf8.count)
            }
            #expect(together == Array(text.utf8) && stream.byteCount == text.utf8.count)
            let again = try LineStream(path: file.path)
            try again.skip(offsets[offsets.count / 2])
            var rest: [UInt8] = []
            while let piece = try again.next(size) { rest += piece }
            #expect(rest == Array(Array(text.utf8)[offsets[offsets.count / 2]...]))
        }
        let short = try LineStream(path: file.path)
        #expect(throws: FormatError.self) { try short.skip(text.utf8.count + 1) }
    }
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
