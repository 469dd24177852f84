/// What a cold store charges, and what was spent on it.
public protocol ColdCosts: Sendable {
    /// Since the store was opened.
    var spending: ColdSpending { get }

    /// US dollars of one call that fetches keys, however many.
    var fetchPrice: Double { get }

    /// US dollars of one page of a listing, of one call of a delete.
    var callPrice: Double { get }

    /// US dollars of a query that the store answers itself, over an index of the size that was told last.
    /// - Parameter count: hits that are wanted.
    func queryPrice(count: Int) -> Double

    /// Tells how large the index is: queries are charged by it.
    /// - Parameter vectorBytes: of a vector on average, its key and filterable metadata included.
    func setSize(vectorCount: Int, vectorBytes: Double)
}

/// What was asked of a cold store, retries included, and what that costs as far as it can be known.
public struct ColdSpending: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public var requestCount = 0
        public var dollars = 0.0

        public init(requestCount: Int = 0, dollars: Double = 0) {
            self.requestCount = requestCount
            self.dollars = dollars
        }
    }

    /// By the store's own name of each operation.
    public var operations: [String: Line] = [:]
    public var keyCount = 0
    public var sentByteCount = 0
    public var receivedByteCount = 0

    public init() {}

    public var requestCount: Int { operations.values.reduce(0) { $0 + $1.requestCount } }
    public var dollars: Double { operations.values.reduce(0) { $0 + $1.dollars } }

    /// What was spent since `earlier`.
    public func since(_ earlier: ColdSpending) -> ColdSpending {
        var out = self
        for (name, line) in earlier.operations {
            out.operations[name]?.requestCount -= line.requestCount
            out.operations[name]?.dollars -= line.dollars
        }
        out.operations = out.operations.filter { $0.value.requestCount != 0 }
        out.keyCount -= earlier.keyCount
        out.sentByteCount -= earlier.sentByteCount
        out.receivedByteCount -= earlier.receivedByteCount
        return out
    }
}
