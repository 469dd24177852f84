import Foundation
import S3Vectors
import Testing
import Vectors

/// Bars for a release build; in a debug build the same code is only run.
@Suite("speed of messages", .serialized)
struct SpeedTests {
    static func answer() -> GetVectors.Answer {
        var state: UInt64 = 7
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 24) - 0.5) / 10
        }
        return GetVectors.Answer(
            vectors: (0..<100).map { VectorOutput(key: "key-\($0)", data: (0..<1536).map { _ in next() }) })
    }

    @Test("100 vectors of 1,536 values are read and written as the same bits, in milliseconds")
    func getVectors() throws {
        let answer = Self.answer()
        let clock = ContinuousClock()
        var body: [UInt8] = []
        let writing = (0..<7).map { _ in clock.measure { body = answer.body } }.min() ?? .zero
        var read: GetVectors.Answer?
        let reading = try (0..<7).map { _ in try clock.measure { read = try GetVectors.Answer.read(body[...]) } }.min()
        #expect(read == answer)
        let times = "read in \(reading ?? .zero), written in \(writing), \(body.count) bytes"
        #if DEBUG
            print("MEMVEC_SPEED debug: \(times)")
        #else
            print("MEMVEC_SPEED release: \(times)")
            #expect(reading ?? .zero <= .milliseconds(3) && writing <= .milliseconds(8), "\(times)")
        #endif
    }
}
