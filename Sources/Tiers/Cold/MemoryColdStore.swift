public import Vectors

/// A cold store in memory: the remote of tests and demonstrations, usually behind a ``SimulatedColdStore``.
public actor MemoryColdStore: ColdStore {
    public nonisolated let limits: ColdLimits
    public nonisolated let description: ColdDescription
    private var vectors: [VectorKey: ColdVector] = [:]
    /// It is not there any more, and nothing makes it anew.
    public private(set) var isErased = false

    private var creationTime: Double

    public init(_ description: ColdDescription, limits: ColdLimits = ColdLimits()) {
        self.description = description
        creationTime = description.creationTime
        self.limits = limits
    }

    public var count: Int { vectors.count }

    /// What is stored, for a test to look at or to change behind everybody's back.
    public func vector(of key: VectorKey) -> ColdVector? { vectors[key] }
    public func overwrite(_ vector: ColdVector) { vectors[vector.key] = vector }
    public func remove(_ key: VectorKey) { vectors[key] = nil }
    /// Another collection under the same name.
    public func makeAnew(creationTime time: Double) { (creationTime, vectors, isErased) = (time, [:], false) }

    public func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        guard !isErased else { throw .refused(status: 404, code: "NotFoundException", message: "it was erased") }
        var description = description
        description.creationTime = creationTime
        return description
    }

    public func erase(timeout: Duration) async throws(ColdError) {
        isErased = true
        vectors = [:]
    }

    public func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        try check(keys.count, limits.keysPerFetch, "keys", unique: Set(keys).count)
        return keys.compactMap { vectors[$0] }.map { cut($0, parts) }
    }

    public func put(_ new: [ColdVector], timeout: Duration) async throws(ColdError) {
        try check(new.count, limits.vectorsPerPut, "vectors", unique: Set(new.map(\.key)).count)
        for vector in new {
            guard vector.values?.count == description.dimension else {
                let found = vector.values?.count ?? 0
                throw .refused(
                    status: 400, code: "ValidationException",
                    message: "vector must have length \(description.dimension), but has length \(found)")
            }
        }
        for vector in new { vectors[vector.key] = vector }
    }

    public func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) {
        try check(keys.count, limits.keysPerDelete, "keys", unique: Set(keys).count)
        for key in keys { vectors[key] = nil }
    }

    /// In the order of keys; the token is the last key of the page.
    public func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        try check(request.limit, limits.vectorsPerPage, "maxResults", unique: request.limit)
        let segment = request.segment ?? .init(index: 0, of: 1)
        let keys = vectors.keys.filter { key in
            let byteSum = key.text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }
            return byteSum % segment.count == segment.index && request.token.map { key.text > $0 } ?? true
        }.sorted { $0.text < $1.text }
        let page = keys.prefix(request.limit)
        return ColdPage(
            vectors: page.compactMap { vectors[$0] }.map { cut($0, request.parts) },
            nextToken: keys.count > page.count ? page.last?.text : nil)
    }

    public func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        var hits: [ColdHit] = []
        for vector in vectors.values {
            guard let values = vector.values, values.count == query.values.count else { continue }
            let metadata = vector.metadata ?? Metadata()
            if let filter = query.filter, !filter.matches(metadata) { continue }
            let distance = Self.distance(query.values, values, description.metric)
            hits.append(
                ColdHit(
                    key: vector.key, distance: distance, metadata: query.wantsMetadata ? metadata : nil))
        }
        hits.sort { ($0.distance, $0.key) < ($1.distance, $1.key) }
        return Array(hits.prefix(query.count))
    }

    private static func distance(_ a: [Float], _ b: [Float], _ metric: Metric) -> Float {
        var squares = 0.0
        var product = 0.0
        var aNorm = 0.0
        var bNorm = 0.0
        for (x, y) in zip(a, b) {
            squares += Double(x - y) * Double(x - y)
            product += Double(x) * Double(y)
            aNorm += Double(x) * Double(x)
            bNorm += Double(y) * Double(y)
        }
        return switch metric {
        case .euclidean: Float(squares.squareRoot())
        case .cosine: Float(min(2, max(0, 1 - product / (aNorm * bNorm).squareRoot())))
        }
    }

    private func cut(_ vector: ColdVector, _ parts: ColdParts) -> ColdVector {
        ColdVector(
            key: vector.key, values: parts.contains(.values) ? vector.values : nil,
            metadata: parts.contains(.metadata) ? vector.metadata ?? Metadata() : nil)
    }

    private func check(_ count: Int, _ limit: Int, _ what: String, unique: Int) throws(ColdError) {
        guard (1...limit).contains(count) else {
            throw .refused(
                status: 400, code: "ValidationException", message: "\(count) \(what); allowed: 1 to \(limit)")
        }
        guard unique == count else {
            throw .refused(
                status: 400, code: "ValidationException", message: "Request must not contain duplicate keys")
        }
    }
}
