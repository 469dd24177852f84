import Storage
import Testing
import Vectors

@testable import Index

@Suite struct ErrorByteTests {
    @Test("an error byte keeps a squared error within six percent")
    func scale() {
        for error in [1e-5, 0.003, 1, 7_174, 1e6] as [Float] {
            let back = ErrorByte.decode(ErrorByte.encode(error))
            #expect(abs(back / error - 1) < 0.065, "\(error) became \(back)")
        }
        #expect(ErrorByte.encode(0) == 0 && ErrorByte.encode(.infinity) == 255 && ErrorByte.encode(.nan) == 0)
    }

    @Test("the error byte of a row is the squared distance to what its code stands for")
    func ofRows() throws {
        let d = 24, vectors = clustered(1_200, d)
        let world = try IndexFixture(vectors, d, lists: 6, bytes: 12)
        let codes = try world.index.encode(vectors, threadCount: 2)
        // A query for the row itself in all lists: its estimate is the squared error of its code.
        for n in 0..<100 {
            let found = try world.candidates(world.prepared(vectors, n), 1_200, nprobe: 6)
            let own = try #require(found.first { $0.row.number == UInt32(n) })
            let error = ErrorByte.decode(codes.errors[n])
            #expect(abs(own.estimate / error - 1) < 0.07, "row \(n): \(own.estimate) and \(error)")
        }
    }
}
