package import Vectors

package struct PutVectors: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.putVectors
    package var index: IndexTarget
    package var vectors: [Vector]

    package struct Vector: Equatable, Sendable {
        package var key: String
        /// Rounded to float32; may be anything, NaN included, until somebody judges it.
        package var data: [Float]
        /// A JSON object where the client keeps the rules.
        package var metadata: JSONValue?

        package init(key: String, data: [Float], metadata: JSONValue? = nil) {
            self.key = key
            self.data = data
            self.metadata = metadata
        }
    }

    package init(index: IndexTarget, vectors: [Vector]) {
        self.index = index
        self.vectors = vectors
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        vectors = object.requiredObjects("vectors", count: Limits.putVectors) { vector in
            Vector(
                key: vector.requiredString("key", length: Limits.keys), data: vector.requiredFloats("data"),
                metadata: vector.value("metadata"))
        }
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.array("vectors", vectors) { vector, out in
            out.object { out in
                out.member("key", vector.key)
                out.member("data", floats: vector.data)
                out.member("metadata", value: vector.metadata)
            }
        }
    }
}

package struct DeleteVectors: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.deleteVectors
    package var index: IndexTarget
    package var keys: [String]

    package init(index: IndexTarget, keys: [String]) {
        self.index = index
        self.keys = keys
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        keys = object.requiredStrings("keys", count: Limits.deleteKeys, length: Limits.keys)
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.member("keys", keys)
    }
}
