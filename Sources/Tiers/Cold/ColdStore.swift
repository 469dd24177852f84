public import Vectors

/// Where all vectors of a remote collection are: far, slow, and billed by the call.
///
/// Contract for all operations: they answer or throw within `timeout`; they are safe to call from many tasks at once;
/// put and delete of whole vectors may be repeated. They neither retry nor cache: ``ColdCaller`` and
/// ``FetchCoordinator`` do.
public protocol ColdStore: Sendable {
    var limits: ColdLimits { get }

    func describe(timeout: Duration) async throws(ColdError) -> ColdDescription

    /// Makes an empty collection at the store's place.
    /// - Parameter description: its creation time is the store's to say.
    /// - Throws: ``ColdError/refused(status:code:message:)`` with status 409 if there is one, with 501 if this store
    ///   makes none.
    func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError)

    /// Removes the collection at the store's place with all that it holds; one that is not there is fine.
    /// - Throws: ``ColdError/refused(status:code:message:)`` with status 501 if this store erases none.
    func erase(timeout: Duration) async throws(ColdError)

    /// The vectors of `keys`, in any order; keys that are not there are left out.
    /// - Parameter keys: 1 to ``ColdLimits/keysPerFetch``, none twice.
    func fetch(_ keys: [VectorKey], _ parts: ColdParts, timeout: Duration) async throws(ColdError) -> [ColdVector]

    /// Writes whole vectors over whatever their keys had: all or none.
    /// - Parameter vectors: 1 to ``ColdLimits/vectorsPerPut``, no key twice, each with its values.
    func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError)

    /// Removes keys; those that are not there are fine.
    /// - Parameter keys: 1 to ``ColdLimits/keysPerDelete``, none twice.
    func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError)

    /// One page of everything, in no particular order. Not a snapshot: what changes meanwhile may be missed or met
    /// twice.
    func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage

    /// The nearest vectors by the store's own search, nearest first; nil when the store has none.
    func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]?
}

extension ColdStore {
    public func create(_ description: ColdDescription, timeout: Duration) async throws(ColdError) {
        throw .refused(status: 501, code: "not_made_here", message: "a collection cannot be made there")
    }

    public func erase(timeout: Duration) async throws(ColdError) {
        throw .refused(status: 501, code: "not_erased_here", message: "a collection there cannot be erased from here")
    }

    public func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? { nil }
}

/// Which parts of a vector are wanted beside its key.
public struct ColdParts: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let values = ColdParts(rawValue: 1)
    public static let metadata = ColdParts(rawValue: 2)
}

/// How much one call may carry. The defaults are those of S3 Vectors.
public struct ColdLimits: Sendable, Equatable {
    public var keysPerFetch = 100
    public var vectorsPerPut = 500
    public var keysPerDelete = 500
    public var vectorsPerPage = 1_000
    /// Into how many segments a listing can be split, to be read side by side.
    public var segments = 16

    /// Calls that fetch so many keys.
    public func fetchCallCount(_ keyCount: Int) -> Int { (keyCount + keysPerFetch - 1) / keysPerFetch }

    public init() {}
}

/// What the store says of itself.
public struct ColdDescription: Sendable, Equatable {
    public var dimension: Int
    public var metric: Metric
    public var nonFilterableKeys: [String]
    /// Seconds since 1970. Another one under the same name is another collection.
    public var creationTime: Double

    public init(dimension: Int, metric: Metric, nonFilterableKeys: [String] = [], creationTime: Double = 0) {
        self.dimension = dimension
        self.metric = metric
        self.nonFilterableKeys = nonFilterableKeys
        self.creationTime = creationTime
    }
}

/// A vector as the cold store holds it.
public struct ColdVector: Sendable, Equatable {
    public var key: VectorKey
    /// Nil when it was not asked for.
    public var values: [Float]?
    /// Empty when the vector has none, nil when it was not asked for.
    public var metadata: Metadata?

    public init(key: VectorKey, values: [Float]?, metadata: Metadata? = nil) {
        self.key = key
        self.values = values
        self.metadata = metadata
    }
}

public struct ColdListRequest: Sendable, Equatable {
    public var parts: ColdParts
    /// At most this many vectors; fewer do not mean that it is the last page.
    public var limit: Int
    /// From the page before; nil for the first.
    public var token: String?
    /// Only segment `index` of `count`; nil: everything.
    public var segment: Segment?

    public struct Segment: Sendable, Equatable {
        public var index: Int
        public var count: Int

        public init(index: Int, of count: Int) {
            self.index = index
            self.count = count
        }
    }

    public init(_ parts: ColdParts, limit: Int, token: String? = nil, segment: Segment? = nil) {
        self.parts = parts
        self.limit = limit
        self.token = token
        self.segment = segment
    }
}

public struct ColdPage: Sendable, Equatable {
    public var vectors: [ColdVector]
    /// Nil on the last page.
    public var nextToken: String?

    public init(vectors: [ColdVector], nextToken: String?) {
        self.vectors = vectors
        self.nextToken = nextToken
    }
}

public struct ColdQuery: Sendable, Equatable {
    public var values: [Float]
    public var count: Int
    public var filter: Filter?
    public var wantsMetadata = false

    public init(values: [Float], count: Int, filter: Filter? = nil) {
        self.values = values
        self.count = count
        self.filter = filter
    }
}

public struct ColdHit: Sendable, Equatable {
    public var key: VectorKey
    /// As the metric says; smaller is nearer.
    public var distance: Float
    public var metadata: Metadata?

    public init(key: VectorKey, distance: Float, metadata: Metadata? = nil) {
        self.key = key
        self.distance = distance
        self.metadata = metadata
    }
}
