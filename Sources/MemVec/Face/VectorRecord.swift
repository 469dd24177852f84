public import Vectors

/// A vector with its key and metadata, as it is put and as it is given back.
public struct VectorRecord: Sendable, Equatable {
    /// The name of the vector.
    public let key: VectorKey
    /// `dimension` values. Empty where the caller did not ask for vectors.
    public var values: [Float]
    /// What filters match and answers carry.
    public var metadata: Metadata

    /// A record as `put` takes it, which checks the values.
    public init(key: VectorKey, values: [Float], metadata: Metadata = Metadata()) {
        self.key = key
        self.values = values
        self.metadata = metadata
    }

    /// - Throws: ``InputError`` for a wrong key.
    public init(key: String, values: [Float], metadata: Metadata = Metadata()) throws(InputError) {
        self.init(key: try VectorKey(key), values: values, metadata: metadata)
    }
}
