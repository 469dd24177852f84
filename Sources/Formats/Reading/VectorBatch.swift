public import Vectors

/// Some records that follow each other in a file.
public struct VectorBatch: Sendable {
    public internal(set) var dimension: Int
    /// `count * dimension` finite values, record after record.
    public internal(set) var values: [Float] = []
    public internal(set) var count = 0
    /// Nil for a format without keys.
    public internal(set) var keys: [VectorKey]?
    /// Nil for a format without metadata.
    public internal(set) var metadata: [Metadata]?
    /// Where the first record of the batch begins.
    public internal(set) var start: RecordPosition
    /// Where the record after the last begins: an import that stops here goes on there.
    public internal(set) var position: RecordPosition

    init(dimension: Int, start: RecordPosition) {
        self.dimension = dimension
        self.start = start
        position = start
    }

    /// The values of one record.
    public func vector(at index: Int) -> ArraySlice<Float> { values[index * dimension..<(index + 1) * dimension] }

    /// The key of one record; without keys in the file, the record's number after `prefix`.
    /// - Throws: ``InputError`` when the prefix is too long.
    public func key(at index: Int, prefix: String = "") throws(InputError) -> VectorKey {
        if let keys { return keys[index] }
        return try VectorKey("\(prefix)\(start.record + index)")
    }
}
