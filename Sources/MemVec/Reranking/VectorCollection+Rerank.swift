internal import Vectors

extension VectorCollection {
    /// Brings the candidates of many queries in order by their exact distances, as they come.
    ///
    ///     for try await answer in collection.rerank(queries) { print(answer.hits.first?.key ?? "none") }
    ///
    /// Queries are taken until ``RerankOptions/ramBudgetBytes`` is full, and answered together: each key is looked up
    /// once, each block is read once, and what a remote collection does not have at hand is fetched once in the life of
    /// the sequence. Nothing enters a tier and nothing counts as use.
    /// - Returns: an answer a query, in the order of the queries. A query that is not right has its
    ///   ``RerankAnswer/problem``, and the others go on. Iterating throws ``InputError`` for wrong options,
    ///   ``MemVecError/cold(_:)`` when the cold store is needed and does not answer, and what `queries` throws.
    public func rerank<Queries: AsyncSequence & Sendable>(
        _ queries: Queries, options: RerankOptions = RerankOptions()
    ) -> RerankedSequence<Queries> where Queries.Element == RerankQuery {
        RerankedSequence(collection: self, queries: queries, options: options)
    }

    /// The same for queries that are there already.
    public func rerank(
        _ queries: [RerankQuery], options: RerankOptions = RerankOptions()
    ) async throws -> [RerankAnswer] {
        var answers: [RerankAnswer] = []
        let stream = AsyncStream<RerankQuery> { stream in
            for query in queries { stream.yield(query) }
            stream.finish()
        }
        for try await answer in rerank(stream, options: options) { answers.append(answer) }
        return answers
    }
}

/// What ``VectorCollection/rerank(_:options:)-(Queries,_)`` gives.
public struct RerankedSequence<Queries: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Queries.Element == RerankQuery {
    /// One answer a query, in their order.
    public typealias Element = RerankAnswer

    let collection: VectorCollection
    let queries: Queries
    let options: RerankOptions

    public func makeAsyncIterator() -> Iterator {
        Iterator(collection: collection, queries: queries.makeAsyncIterator(), options: options)
    }

    /// Works through the queries, as many at a time as the RAM budget holds.
    public struct Iterator: AsyncIteratorProtocol {
        /// Lines of one piece: what one thread puts in order.
        private static var pieceLines: Int { 256 }

        let collection: VectorCollection
        var queries: Queries.AsyncIterator
        let options: RerankOptions
        private var reranker: Reranker?
        /// What is answered together, and how much of it was given.
        private var lines: [Line] = [], batches: [RerankBatch] = [], results: [RerankedBatch] = [], given = 0
        private var isAtEnd = false

        init(collection: VectorCollection, queries: Queries.AsyncIterator, options: RerankOptions) {
            self.collection = collection
            self.queries = queries
            self.options = options
        }

        public mutating func next() async throws -> RerankAnswer? {
            while given == lines.count {
                if isAtEnd { return nil }
                try await work()
            }
            // This runs where queries are answered, too: nothing here goes on for long.
            if given % Self.pieceLines == 0 { await Task.yield() }
            defer { given += 1 }
            return lines[given].answer(batches, results)
        }

        /// Answers as many queries as the memory holds. After an error there is nothing more.
        private mutating func work() async throws {
            do { try await answerNext() } catch {
                (lines, batches, results, given) = ([], [], [], 0)
                isAtEnd = true
                throw error
            }
        }

        private mutating func answerNext() async throws {
            let reranker = try self.reranker ?? Reranker(collection, options)
            self.reranker = reranker
            (lines, batches, results, given) = ([], [RerankBatch()], [], 0)
            let limit = Swift.min(options.ramBudgetBytes, RerankOptions.mostBytesAtOnce)
            var held = 0, size = 0
            while held + size < limit, lines.count < 1 << 20 {
                try Task.checkCancellation()
                guard let query = try await queries.next() else {
                    isAtEnd = true
                    break
                }
                lines.append(append(query))
                size = batches[batches.count - 1].byteCount(dimension: collection.dimension)
                if batches[batches.count - 1].lineCount == Self.pieceLines {
                    held += size
                    batches.append(RerankBatch())
                    await Task.yield()
                }
            }
            results = try await reranker.run(batches)
        }

        private mutating func append(_ query: RerankQuery) -> Line {
            let at = batches.count - 1
            do throws(InputError) {
                try InputVector.check(
                    query.vector, dimension: collection.dimension, metric: collection.metric, key: nil)
                if let k = query.k, !(1...10_000).contains(k) {
                    throw .outOfRange(name: "k", value: "\(k)", allowed: "1 to 10,000")
                }
                for candidate in query.candidates ?? [] {
                    try batches[at].keys.append(candidate.key)
                    batches[at].note(score: candidate.score)
                }
            } catch {
                batches[at].dropLine(dimension: collection.dimension)
                return Line(id: query.id, batch: at, line: 0, problem: error)
            }
            batches[at].values.append(contentsOf: query.vector)
            batches[at].endLine(k: query.k, isSearch: query.candidates == nil)
            return Line(id: query.id, batch: at, line: batches[at].lineCount - 1, problem: nil)
        }
    }

    /// Where a query's answer will be.
    struct Line {
        let id: JSONValue?
        let batch: Int
        let line: Int
        let problem: InputError?

        func answer(_ batches: [RerankBatch], _ results: [RerankedBatch]) -> RerankAnswer {
            guard problem == nil else { return RerankAnswer(id: id, hits: [], missing: [], problem: problem) }
            let keys = batches[batch].keys, result = results[batch]
            let hits =
                result.found[line]
                ?? result.hits(ofLine: line).map { hit in
                    RerankHit(
                        key: keys.text(of: Int(hit.candidate)), distance: hit.distance,
                        score: hit.score.isNaN ? nil : hit.score)
                }
            return RerankAnswer(
                id: id, hits: hits, missing: result.missing(ofLine: line).map { keys.text(of: Int($0)) }, problem: nil)
        }
    }
}
