import ArgumentParser
import Formats

/// The vectors of a file, to be asked for.
enum QueryFile {
    /// The first `limit`.
    /// - Throws: ``FormatError``; a usage error for a file without vectors.
    static func read(_ path: String, limit: Int, dimension: Int) throws -> [[Float]] {
        var reading = ReadingOptions()
        reading.needsKeys = false
        reading.dimension = dimension
        let reader = try VectorFileReader(path: path, options: reading)
        var vectors: [[Float]] = []
        while vectors.count < limit, let batch = try reader.next(atMost: min(1000, limit - vectors.count)) {
            for i in 0..<batch.count { vectors.append(Array(batch.vector(at: i))) }
        }
        guard !vectors.isEmpty else { throw ValidationError("\(path) holds no vectors") }
        return vectors
    }
}
