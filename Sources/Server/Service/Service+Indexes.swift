internal import MemVec
internal import S3Vectors
internal import Vectors

extension Service {
    func createIndex(_ request: CreateIndex, _ context: RequestContext) async throws -> CreateIndex.Answer {
        let bucket = try name(request.bucket, context)
        let name = IndexName(bucket: bucket, index: try Self.checked(index: request.indexName))
        let encryption = try request.encryptionConfiguration.map { given throws(ServiceError) in
            try Self.checked(given)
        }
        let tags = try Self.merged(TagSet(), request.tags)
        let texts = request.metadataConfiguration?.textSearchConfigurations ?? []
        try Self.checkUnique(
            texts.map(\.metadataKey), "/metadataConfiguration/textSearchConfigurations")
        // Of a key that is there twice one is kept. Keys are their bytes, which `String` does not compare.
        var nonFilterable: [String] = [], seen: Set<[UInt8]> = []
        for key in request.metadataConfiguration?.nonFilterableMetadataKeys ?? []
        where seen.insert(Array(key.utf8)).inserted { nonFilterable.append(key) }
        let configuration = try CollectionConfiguration(
            dimension: request.dimension, metric: request.distanceMetric, nonFilterableKeys: nonFilterable,
            textFields: texts.map(\.setting))
        let creationTime = now
        try await catalog.create(index: name, configuration) { bucket in
            IndexFacts(
                creationTime: creationTime, encryption: encryption ?? bucket.encryption,
                indexMode: bucket.defaultIndexMode, tags: tags)
        }
        return .init(indexArn: arn(name).description)
    }

    func getIndex(_ request: GetIndex, _ context: RequestContext) async throws -> GetIndex.Answer {
        let name = try name(request.index, context)
        return try await catalog.withIndex(name) { index in
            let facts = index.facts, collection = index.collection
            let texts = try collection.textFields().map { field in
                TextSearchConfiguration(
                    metadataKey: field.key, language: field.language?.rawValue,
                    status: field.isActive ? "ACTIVE" : "BUILDING")
            }
            var metadata: MetadataConfiguration?
            if !collection.nonFilterableKeys.isEmpty || !texts.isEmpty {
                metadata = MetadataConfiguration(
                    nonFilterableMetadataKeys: collection.nonFilterableKeys.isEmpty
                        ? nil : collection.nonFilterableKeys,
                    textSearchConfigurations: texts.isEmpty ? nil : texts)
            }
            return GetIndex.Answer(
                vectorBucketName: name.bucket, indexName: name.index, indexArn: arn(name).description,
                creationTime: facts.creationTime, dimension: collection.dimension,
                distanceMetric: collection.metric, metadataConfiguration: metadata,
                encryptionConfiguration: facts.encryption, indexMode: facts.indexMode.rawValue)
        }
    }

    func listIndexes(_ request: ListIndexes, _ context: RequestContext) async throws -> ListIndexes.Answer {
        let bucket = try name(request.bucket, context)
        _ = try catalog.bucket(bucket)
        let page = try Self.page(
            catalog.indexNames(in: bucket), request.prefix, after: request.nextToken, request.maxResults)
        let indexes = try page.names.compactMap { index -> ListIndexes.Index? in
            let name = IndexName(bucket: bucket, index: index)
            let facts = try catalog.facts(name)
            // Deleted meanwhile: it is not there any more, and the facts were nobody's.
            guard catalog.has(index: name) else { return nil }
            return .init(
                vectorBucketName: bucket, indexName: index, indexArn: arn(name).description,
                creationTime: facts.creationTime)
        }
        return .init(indexes: indexes, nextToken: page.next)
    }

    func deleteIndex(_ request: DeleteIndex, _ context: RequestContext) async throws -> EmptyAnswer {
        let name = try name(request.index, context)
        try await catalog.delete(index: name, erasesRemote: settings.allowsRemoteDelete)
        metrics.calibrations.forget(name)
        metrics.spendings.forget(name)
        tallies.forget(name)
        return EmptyAnswer()
    }

    func updateIndexMode(_ request: UpdateIndexMode, _ context: RequestContext) async throws -> EmptyAnswer {
        let name = try name(request.index, context)
        // An index that is not there is said before a mode that cannot be.
        try await catalog.change(index: name) { facts in
            facts.indexMode = try Self.checked(mode: request.indexMode, path: "indexMode")
        }
        return EmptyAnswer()
    }

    func updateMetadataConfiguration(
        _ request: UpdateMetadataConfiguration, _ context: RequestContext
    ) async throws -> UpdateMetadataConfiguration.Answer {
        let name = try name(request.index, context)
        guard (request.add == nil) != (request.delete == nil) else {
            throw ServiceError(.validation, "Must specify either add or delete but not both")
        }
        try Self.checkUnique((request.add ?? []).map(\.metadataKey), "/add/textSearchConfigurations")
        try await catalog.withIndex(name) { index in
            guard index.facts.indexMode == .enhanced else { throw ServiceError.textNeedsEnhanced }
            do {
                try await index.collection.addTextFields((request.add ?? []).map(\.setting))
                try await index.collection.removeTextFields((request.delete ?? []).map(\.metadataKey))
            } catch let error as MemVecError {
                throw Self.textError(error, path: "delete.textSearchConfigurations")
            } catch is InputError {
                // What else it refuses the request's own limits have refused.
                throw ServiceError.invalid(
                    "At most \(Limits.textConfigurations.upperBound) metadata keys can be configured for text search",
                    path: "add.textSearchConfigurations")
            }
        }
        return .init(indexArn: arn(name).description)
    }

    /// What is wrong with a text field, in the service's way.
    static func textError(_ error: MemVecError, path: String) -> any Error {
        switch error {
        case .textFieldExists(let key):
            ServiceError(.conflict, "Text search is configured already for metadata key \"\(key)\"")
        case .noTextField(let key):
            ServiceError.invalid("Text search is not configured for metadata key \"\(key)\"", path: path)
        case .textFieldBuilding(let key):
            ServiceError.invalid(
                "Text search of metadata key \"\(key)\" is BUILDING; query it when GetIndex says ACTIVE", path: path)
        default: error
        }
    }

    static func checkUnique(_ keys: [String], _ path: String) throws(ServiceError) {
        guard Set(keys.map { Array($0.utf8) }).count == keys.count else {
            throw .invalid("Request must not contain duplicate keys", path: path)
        }
    }
}

extension TextSearchConfiguration {
    /// The language was checked when the request was read.
    fileprivate var setting: TextFieldSetting {
        TextFieldSetting(metadataKey, language: language.flatMap { Language(rawValue: $0) })
    }
}

extension ServiceError {
    static let textNeedsEnhanced = ServiceError(.validation, "Text search requires an index in ENHANCED mode")
}
