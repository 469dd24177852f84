package struct PutVectorBucketPolicy: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.putVectorBucketPolicy
    package var bucket: BucketTarget
    /// A JSON document as one string.
    package var policy: String

    package init(bucket: BucketTarget, policy: String) {
        self.bucket = bucket
        self.policy = policy
    }

    package init(_ object: WireObject) {
        bucket = BucketTarget(object)
        policy = object.requiredString("policy")
    }

    package func write(to out: inout WireWriter) {
        bucket.write(to: &out)
        out.member("policy", policy)
    }
}

package struct GetVectorBucketPolicy: WireRequest {
    package static let operation = Operation.getVectorBucketPolicy
    package var bucket: BucketTarget

    package init(bucket: BucketTarget) { self.bucket = bucket }
    package init(_ object: WireObject) { bucket = BucketTarget(object) }
    package func write(to out: inout WireWriter) { bucket.write(to: &out) }

    package struct Answer: WireAnswer, Equatable {
        package var policy: String?
        package init(policy: String?) { self.policy = policy }
        package init(_ object: WireObject) { policy = object.string("policy") }
        package func write(to out: inout WireWriter) { out.member("policy", policy) }
    }
}

package struct DeleteVectorBucketPolicy: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.deleteVectorBucketPolicy
    package var bucket: BucketTarget

    package init(bucket: BucketTarget) { self.bucket = bucket }
    package init(_ object: WireObject) { bucket = BucketTarget(object) }
    package func write(to out: inout WireWriter) { bucket.write(to: &out) }
}

package struct PutVectorBucketDefaultIndexMode: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.putVectorBucketDefaultIndexMode
    package var bucket: BucketTarget
    package var defaultIndexMode: String

    package init(bucket: BucketTarget, defaultIndexMode: String) {
        self.bucket = bucket
        self.defaultIndexMode = defaultIndexMode
    }

    package init(_ object: WireObject) {
        bucket = BucketTarget(object)
        defaultIndexMode = object.requiredString("defaultIndexMode", oneOf: IndexMode.names)
    }

    package func write(to out: inout WireWriter) {
        bucket.write(to: &out)
        out.member("defaultIndexMode", defaultIndexMode)
    }
}
