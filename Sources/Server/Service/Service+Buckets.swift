internal import S3Vectors
internal import Vectors

extension Service {
    func createVectorBucket(
        _ request: CreateVectorBucket, _ context: RequestContext
    ) async throws -> CreateVectorBucket.Answer {
        let name = try name(BucketTarget(name: request.vectorBucketName), context)
        let facts = BucketFacts(
            creationTime: now, encryption: try Self.checked(request.encryptionConfiguration),
            tags: try Self.merged(TagSet(), request.tags))
        try await catalog.create(bucket: name, facts)
        return .init(vectorBucketArn: arn(name).description)
    }

    func getVectorBucket(_ request: GetVectorBucket, _ context: RequestContext) async throws -> GetVectorBucket.Answer {
        let name = try name(request.bucket, context)
        let facts = try catalog.bucket(name)
        return .init(
            vectorBucketName: name, vectorBucketArn: arn(name).description, creationTime: facts.creationTime,
            encryptionConfiguration: facts.encryption, defaultIndexMode: facts.defaultIndexMode.rawValue)
    }

    func listVectorBuckets(
        _ request: ListVectorBuckets, _ context: RequestContext
    ) async throws -> ListVectorBuckets.Answer {
        let names = catalog.bucketNames().filter { context.principal?.mayReach($0) ?? true }
        let page = try Self.page(names, request.prefix, after: request.nextToken, request.maxResults)
        let buckets = try page.names.compactMap { name -> ListVectorBuckets.Bucket? in
            // Deleted meanwhile: it is not there any more.
            do {
                return .init(
                    vectorBucketName: name, vectorBucketArn: arn(name).description,
                    creationTime: try catalog.bucket(name).creationTime)
            } catch let error as ServiceError where error == .noBucket { return nil }
        }
        return .init(vectorBuckets: buckets, nextToken: page.next)
    }

    func deleteVectorBucket(_ request: DeleteVectorBucket, _ context: RequestContext) async throws -> EmptyAnswer {
        try await catalog.delete(bucket: try name(request.bucket, context))
        return EmptyAnswer()
    }

    /// One page of sorted names. The token is the last name of the page before.
    /// - Throws: ``ServiceError`` for a token that no such listing gives.
    static func page(
        _ names: [String], _ prefix: String?, after token: String?, _ limit: Int?
    ) throws(ServiceError) -> (names: [String], next: String?) {
        if let token, !ResourceName.isName(token) || !token.hasPrefix(prefix ?? "") {
            throw .invalid("Invalid nextToken: it is not of a listing with this prefix", path: "nextToken")
        }
        let limit = limit ?? Limits.listOthers.upperBound
        let left = names.filter { name in
            (prefix.map { name.hasPrefix($0) } ?? true) && (token.map { name > $0 } ?? true)
        }
        let page = Array(left.prefix(limit))
        return (page, left.count > page.count ? page.last : nil)
    }

    /// Whole seconds, as the service has them.
    var now: Double { settings.clock().rounded(.down) }

    // MARK: settings of buckets

    func putVectorBucketPolicy(
        _ request: PutVectorBucketPolicy, _ context: RequestContext
    ) async throws -> EmptyAnswer {
        let name = try name(request.bucket, context)
        do {
            guard case .object = try JSONValue(request.policy) else {
                throw ServiceError.invalid("Invalid policy: it is no JSON object", path: "policy")
            }
        } catch let error as JSONError {
            throw ServiceError.invalid("Invalid policy: \(error)", path: "policy")
        }
        try await catalog.change(bucket: name) { $0.policy = request.policy }
        return EmptyAnswer()
    }

    func getVectorBucketPolicy(
        _ request: GetVectorBucketPolicy, _ context: RequestContext
    ) async throws -> GetVectorBucketPolicy.Answer {
        guard let policy = try catalog.bucket(try name(request.bucket, context)).policy else {
            throw ServiceError(.notFound, "The specified vector bucket policy could not be found")
        }
        return .init(policy: policy)
    }

    func deleteVectorBucketPolicy(
        _ request: DeleteVectorBucketPolicy, _ context: RequestContext
    ) async throws -> EmptyAnswer {
        try await catalog.change(bucket: try name(request.bucket, context)) { $0.policy = nil }
        return EmptyAnswer()
    }

    func putVectorBucketDefaultIndexMode(
        _ request: PutVectorBucketDefaultIndexMode, _ context: RequestContext
    ) async throws -> EmptyAnswer {
        let name = try name(request.bucket, context)
        let mode = try Self.checked(mode: request.defaultIndexMode, path: "defaultIndexMode")
        try await catalog.change(bucket: name) { $0.defaultIndexMode = mode }
        return EmptyAnswer()
    }

    /// Buckets made since 2026-09-30 are ENHANCED for ever, and so are ours.
    static func checked(mode: String, path: String) throws(ServiceError) -> IndexMode {
        guard let mode = IndexMode(rawValue: mode), mode == .enhanced else {
            throw .invalid("\(path) cannot become \(mode): this vector bucket supports ENHANCED only", path: path)
        }
        return mode
    }

    // MARK: encryption

    /// Keys are kept and given back; nothing is encrypted by them.
    /// - Throws: ``ServiceError`` for a type without its key, a key without its type, or an ARN that is no key's.
    static func checked(_ given: EncryptionConfiguration?) throws(ServiceError) -> EncryptionConfiguration {
        if let key = given?.kmsKeyArn, !isKeyARN(key) {
            let pattern = "(arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:[0-9]{12}:key/.+)"
            throw ServiceError(
                .violations([
                    .init(
                        path: "/encryptionConfiguration/kmsKeyArn",
                        constraint: "Member must satisfy regular expression pattern: \(pattern)")
                ]))
        }
        let sseType = given?.sseType ?? "AES256", path = "EncryptionConfiguration"
        if sseType == "AES256", given?.kmsKeyArn != nil {
            throw .invalid("kmsKeyArn must not be specified when sseType is AES256.", path: path)
        }
        if sseType == "aws:kms", given?.kmsKeyArn == nil {
            throw .invalid("kmsKeyArn must be specified when sseType is set to aws:kms", path: path)
        }
        return EncryptionConfiguration(sseType: sseType, kmsKeyArn: given?.kmsKeyArn)
    }

    private static func isKeyARN(_ text: String) -> Bool {
        text.wholeMatch(of: /arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:[0-9]{12}:key\/.+/) != nil
    }
}
