internal import Synchronization
internal import Tiers

/// How far a listing of the cold store is.
public struct ListingProgress: Sendable {
    /// Vectors that came.
    public var vectorCount = 0
    /// Pages that came.
    public var pageCount = 0
    /// Parts of the listing, and those that are done.
    public var segmentCount = 1
    /// Parts of the listing that are done.
    public var doneSegmentCount = 0
    /// Vectors in the parts that are done.
    public var doneVectorCount = 0
    /// Vectors that a collection of this form cannot hold.
    public var refusedCount = 0
    /// US dollars of the pages; 0 where nothing is charged.
    public var dollars = 0.0

    /// Nothing listed yet.
    public init() {}

    /// How many vectors there will be, as far as the parts that are done say it: keys are spread evenly over them.
    public var expectedCount: Int? {
        guard doneSegmentCount > 0 else { return nil }
        return max(vectorCount, doneVectorCount / doneSegmentCount * segmentCount)
    }
}

/// Counts what the parts of a listing do side by side.
final class ListingCounts: Sendable {
    private let state: Mutex<ListingProgress>
    private let tell: @Sendable (ListingProgress) -> Void
    private let pagePrice: Double

    init(_ first: ListingProgress, pagePrice: Double, tell: @escaping @Sendable (ListingProgress) -> Void) {
        state = Mutex(first)
        self.pagePrice = pagePrice
        self.tell = tell
    }

    var progress: ListingProgress { state.withLock { $0 } }

    func notePage(_ vectorCount: Int, refused refusedCount: Int) {
        tell(
            state.withLock { state in
                state.vectorCount += vectorCount
                state.refusedCount += refusedCount
                state.pageCount += 1
                state.dollars += pagePrice
                return state
            })
    }

    func noteEnd(ofSegmentWith vectorCount: Int) {
        tell(
            state.withLock { state in
                state.doneSegmentCount += 1
                state.doneVectorCount += vectorCount
                return state
            })
    }
}
