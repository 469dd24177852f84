public import Vectors

/// A vector with its key and metadata, as it is put and as it is given back.
public struct VectorRecord: Sendable, Equatable {
    public let key: VectorKey
    /// `dimension` values. Empty where the caller did not ask for vectors.
    public var values: [Float]
    public var metadata: Metadata

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
