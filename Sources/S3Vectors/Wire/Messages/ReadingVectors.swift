package import Vectors

/// A vector as GetVectors and ListVectors give it.
package struct VectorOutput: Equatable, Sendable {
    package var key: String
    /// Nil where the request did not ask for it; so the metadata.
    package var data: [Float]?
    package var metadata: JSONValue?

    package init(key: String, data: [Float]? = nil, metadata: JSONValue? = nil) {
        self.key = key
        self.data = data
        self.metadata = metadata
    }

    init(_ object: WireObject) {
        key = object.requiredString("key")
        data = object.floats("data")
        metadata = object.value("metadata")
    }

    func write(to out: inout WireWriter) {
        out.object { out in
            out.member("key", key)
            out.member("data", floats: data)
            out.member("metadata", value: metadata)
        }
    }
}

package struct GetVectors: WireRequest {
    package static let operation = Operation.getVectors
    package var index: IndexTarget
    package var keys: [String]
    package var returnData: Bool?
    package var returnMetadata: Bool?

    package init(index: IndexTarget, keys: [String], returnData: Bool? = nil, returnMetadata: Bool? = nil) {
        self.index = index
        self.keys = keys
        self.returnData = returnData
        self.returnMetadata = returnMetadata
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        keys = object.requiredStrings("keys", count: Limits.getKeys, length: Limits.keys)
        returnData = object.boolean("returnData")
        returnMetadata = object.boolean("returnMetadata")
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.member("keys", keys)
        out.member("returnData", returnData)
        out.member("returnMetadata", returnMetadata)
    }

    package struct Answer: WireAnswer, Equatable {
        /// In any order; keys that are not there are left out.
        package var vectors: [VectorOutput]

        package init(vectors: [VectorOutput]) { self.vectors = vectors }
        package init(_ object: WireObject) { vectors = object.requiredObjects("vectors", VectorOutput.init) }
        package func write(to out: inout WireWriter) { out.array("vectors", vectors) { $0.write(to: &$1) } }
    }
}

package struct ListVectors: WireRequest {
    package static let operation = Operation.listVectors
    package var index: IndexTarget
    package var maxResults: Int?
    package var nextToken: String?
    package var segmentCount: Int?
    package var segmentIndex: Int?
    package var returnData: Bool?
    package var returnMetadata: Bool?

    package init(
        index: IndexTarget, maxResults: Int? = nil, nextToken: String? = nil, segmentCount: Int? = nil,
        segmentIndex: Int? = nil, returnData: Bool? = nil, returnMetadata: Bool? = nil
    ) {
        self.index = index
        self.maxResults = maxResults
        self.nextToken = nextToken
        self.segmentCount = segmentCount
        self.segmentIndex = segmentIndex
        self.returnData = returnData
        self.returnMetadata = returnMetadata
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        maxResults = object.integer("maxResults", in: Limits.listVectors)
        nextToken = object.string("nextToken", length: Limits.vectorsToken)
        segmentCount = object.integer("segmentCount", in: Limits.segmentCount)
        segmentIndex = object.integer("segmentIndex", in: Limits.segmentIndex)
        returnData = object.boolean("returnData")
        returnMetadata = object.boolean("returnMetadata")
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.member("maxResults", maxResults)
        out.member("nextToken", nextToken)
        out.member("segmentCount", segmentCount)
        out.member("segmentIndex", segmentIndex)
        out.member("returnData", returnData)
        out.member("returnMetadata", returnMetadata)
    }

    package struct Answer: WireAnswer, Equatable {
        package var vectors: [VectorOutput]
        /// Nil after the last page.
        package var nextToken: String?

        package init(vectors: [VectorOutput], nextToken: String? = nil) {
            self.vectors = vectors
            self.nextToken = nextToken
        }

        package init(_ object: WireObject) {
            vectors = object.requiredObjects("vectors", VectorOutput.init)
            nextToken = object.string("nextToken")
        }

        package func write(to out: inout WireWriter) {
            out.array("vectors", vectors) { $0.write(to: &$1) }
            out.member("nextToken", nextToken)
        }
    }
}
