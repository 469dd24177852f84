internal import Vectors

extension S3VectorsClient {
    /// Where a listing stands in one of its segments.
    package enum SegmentProgress: Sendable, Equatable {
        case notBegun
        /// The token of the next page.
        case at(String)
        case done
    }

    /// A page of a listing, with what to write down so that the listing can go on from here.
    package struct SegmentPage: Sendable {
        package var segment: Int
        package var vectors: [VectorOutput]
        package var progress: SegmentProgress
    }

    /// What of an index is listed.
    package struct Listing: Sendable {
        package var index: IndexTarget
        package var returnsData: Bool
        package var returnsMetadata: Bool
        /// Of a page; the service ends it earlier after about a megabyte.
        package var pageLimit = Limits.listVectors.upperBound
        /// How many lists are read side by side, one segment each; 1 asks for no segment, as servers want that know
        /// none.
        package var segmentCount = Limits.segmentCount.upperBound
        /// From an earlier, broken off listing: of each segment, where it stood.
        package var resumed: [SegmentProgress] = []

        package init(index: IndexTarget, returnsData: Bool, returnsMetadata: Bool) {
            self.index = index
            self.returnsData = returnsData
            self.returnsMetadata = returnsMetadata
        }
    }

    /// Lists a whole index, its segments side by side.
    ///
    /// Pages of one segment come in order, one at a time; those of different segments come at once. The next page is
    /// asked for while the last is worked on.
    /// - Parameter handle: what to do with a page; what it throws ends the listing and is thrown here.
    /// - Throws: ``S3VectorsError``, or what `handle` throws.
    package func list(
        _ listing: Listing, _ patience: Patience = .bulk,
        _ handle: @escaping @Sendable (SegmentPage) async throws -> Void
    ) async throws {
        let count = max(1, min(listing.segmentCount, Limits.segmentCount.upperBound))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for segment in 0..<count {
                let progress = segment < listing.resumed.count ? listing.resumed[segment] : .notBegun
                if progress == .done { continue }
                group.addTask { [self] in
                    try await list(segment, of: count, from: progress, listing, patience, handle)
                }
            }
            try await group.waitForAll()
        }
    }

    private func list(
        _ segment: Int, of count: Int, from progress: SegmentProgress, _ listing: Listing, _ patience: Patience,
        _ handle: @escaping @Sendable (SegmentPage) async throws -> Void
    ) async throws {
        var request = ListVectors(
            index: listing.index, maxResults: listing.pageLimit, segmentCount: count > 1 ? count : nil,
            segmentIndex: count > 1 ? segment : nil, returnData: listing.returnsData,
            returnMetadata: listing.returnsMetadata)
        if case .at(let token) = progress { request.nextToken = token }
        var page = try await send(request, patience)
        while let token = try next(page.nextToken, after: request.nextToken, .listVectors) {
            request.nextToken = token
            let vectors = page.vectors
            let nextRequest = request
            async let following = send(nextRequest, patience)
            try await handle(SegmentPage(segment: segment, vectors: vectors, progress: .at(token)))
            page = try await following
        }
        try await handle(SegmentPage(segment: segment, vectors: page.vectors, progress: .done))
    }
}
