package import Vectors

package struct QueryVectors: WireRequest {
    package static let operation = Operation.queryVectors
    package var index: IndexTarget
    package var topK: Int
    package var queryVector: [Float]?
    package var queryTexts: [Text]?
    package var filter: JSONValue?
    package var queryMode: String?
    package var returnMetadata: Bool?
    package var returnDistance: Bool?
    package var returnScores: Bool?
    package var nextToken: String?

    package struct Text: Equatable, Sendable {
        package var text: String
        package var metadataKey: String

        package init(text: String, metadataKey: String) {
            self.text = text
            self.metadataKey = metadataKey
        }
    }

    package init(
        index: IndexTarget, topK: Int, queryVector: [Float]?, filter: JSONValue? = nil, returnMetadata: Bool? = nil,
        returnDistance: Bool? = nil, nextToken: String? = nil
    ) {
        self.index = index
        self.topK = topK
        self.queryVector = queryVector
        self.filter = filter
        self.returnMetadata = returnMetadata
        self.returnDistance = returnDistance
        self.nextToken = nextToken
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        // The upper bound is the service's own, not the model's.
        topK = object.requiredInteger("topK", in: Limits.topK)
        queryVector = object.floats("queryVector")
        queryTexts = object.objects("queryTexts", count: Limits.queryTexts) { text in
            Text(
                text: text.requiredString("text", length: Limits.queryText),
                metadataKey: text.requiredString("metadataKey", length: Limits.metadataKey))
        }
        filter = object.value("filter")
        queryMode = object.string("queryMode", oneOf: IndexMode.names)
        returnMetadata = object.boolean("returnMetadata")
        returnDistance = object.boolean("returnDistance")
        returnScores = object.boolean("returnScores")
        nextToken = object.string("nextToken", length: Limits.queryToken)
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.member("topK", topK)
        out.member("queryVector", floats: queryVector)
        out.array("queryTexts", queryTexts) { text, out in
            out.object { out in
                out.member("text", text.text)
                out.member("metadataKey", text.metadataKey)
            }
        }
        out.member("filter", value: filter)
        out.member("queryMode", queryMode)
        out.member("returnMetadata", returnMetadata)
        out.member("returnDistance", returnDistance)
        out.member("returnScores", returnScores)
        out.member("nextToken", nextToken)
    }

    package struct Hit: Equatable, Sendable {
        package var key: String
        package var distance: Float?
        package var metadata: JSONValue?
        /// What full-text search says of it, as it came.
        package var scores: JSONValue?

        package init(key: String, distance: Float? = nil, metadata: JSONValue? = nil, scores: JSONValue? = nil) {
            self.key = key
            self.distance = distance
            self.metadata = metadata
            self.scores = scores
        }
    }

    package struct Answer: WireAnswer, Equatable {
        /// Nearest first.
        package var vectors: [Hit]
        package var distanceMetric: Metric
        /// Nil after the last page.
        package var nextToken: String?

        package init(vectors: [Hit], distanceMetric: Metric, nextToken: String? = nil) {
            self.vectors = vectors
            self.distanceMetric = distanceMetric
            self.nextToken = nextToken
        }

        package init(_ object: WireObject) {
            vectors = object.requiredObjects("vectors") { hit in
                Hit(
                    key: hit.requiredString("key"), distance: hit.number("distance").map { Float($0) },
                    metadata: hit.value("metadata"), scores: hit.value("scores"))
            }
            distanceMetric = Metric.required("distanceMetric", of: object)
            nextToken = object.string("nextToken")
        }

        package func write(to out: inout WireWriter) {
            out.array("vectors", vectors) { hit, out in
                out.object { out in
                    out.member("key", hit.key)
                    out.member("distance", float: hit.distance)
                    out.member("metadata", value: hit.metadata)
                    out.member("scores", value: hit.scores)
                }
            }
            out.member("distanceMetric", distanceMetric.rawValue)
            out.member("nextToken", nextToken)
        }
    }
}
