internal import Router
internal import Storage
internal import Vectors

/// Brings the candidates of lines in order, once their distances are known.
struct LineOrdering: Sendable {
    let options: RerankOptions
    let dimension: Int
    let metric: Metric

    /// - Parameters:
    ///   - distances: by candidate, below 0 ``WantedCode``.
    ///   - vector: of a candidate that was found; asked for diversity alone.
    func order(
        _ batch: RerankBatch, _ distances: [Float], vector: (Int) throws -> [Float]?
    ) rethrows -> RerankedBatch {
        var out = RerankedBatch()
        out.hits.reserveCapacity(
            options.k.map { min($0 * batch.lineCount, batch.candidateCount) } ?? batch.candidateCount)
        var order: [UInt64] = []
        for line in 0..<batch.lineCount {
            order.removeAll(keepingCapacity: true)
            for candidate in batch.keys.keys(ofLine: line) {
                let distance = distances[candidate]
                if distance >= 0 {
                    // The bits of numbers that are not negative are in their order; ties stay in that of the line.
                    order.append(UInt64(distance.bitPattern) << 32 | UInt64(UInt32(candidate)))
                } else if distance == WantedCode.noSuchKey {
                    out.missing.append(UInt32(candidate))
                }
            }
            order.sort()
            let limit = batch.limits[line] == 0 ? options.k ?? order.count : Int(batch.limits[line])
            if let fusion = options.fusion {
                out.hits += fused(order, batch, fusion).prefix(limit)
            } else if let mmr = options.mmr {
                out.hits += try diverse(order, mmr, limit, vector)
            } else {
                out.hits += order.prefix(limit).map { Self.hit($0) }
            }
            out.endLine()
        }
        return out
    }

    private static func hit(_ word: UInt64, score: Float = .nan) -> RerankedBatch.Hit {
        RerankedBatch.Hit(
            candidate: UInt32(truncatingIfNeeded: word), distance: Float(bitPattern: UInt32(word >> 32)), score: score)
    }

    // MARK: Fusion

    private func fused(
        _ order: [UInt64], _ batch: RerankBatch, _ fusion: RerankOptions.Fusion
    ) -> [RerankedBatch.Hit] {
        let first = order.map { batch.score(of: Int(UInt32(truncatingIfNeeded: $0))) }
        let sums =
            switch fusion {
            case .reciprocalRank: Self.byRanks(first)
            case .weighted(let weight): Self.byWeight(order.map { Self.hit($0).distance }, first, weight)
            }
        // What is as good stays in the order of distances.
        return order.indices.sorted { sums[$0] != sums[$1] ? sums[$0] > sums[$1] : $0 < $1 }.map {
            Self.hit(order[$0], score: Float(sums[$0]))
        }
    }

    /// - Parameter first: first-stage scores in the order of distances; NaN: not ranked there.
    static func byRanks(_ first: [Float]) -> [Double] {
        let ranked = first.indices.filter { !first[$0].isNaN }.sorted {
            first[$0] != first[$1] ? first[$0] > first[$1] : $0 < $1
        }
        let sums = RankFusion.fuse([.init(Array(first.indices)), .init(ranked)])
        return first.indices.map { sums[$0] ?? 0 }
    }

    static func byWeight(_ distances: [Float], _ first: [Float], _ weight: Double) -> [Double] {
        let known = first.filter { !$0.isNaN }
        let (least, most) = (wide(known.min() ?? 0), wide(known.max() ?? 0))
        let (nearest, farthest) = (wide(distances.first ?? 0), wide(distances.last ?? 0))
        return distances.indices.map { at in
            let nearness = scaled(farthest - wide(distances[at]), farthest - nearest)
            let score = first[at].isNaN ? 0 : scaled(wide(first[at]) - least, most - least)
            return weight * nearness + (1 - weight) * score
        }
    }

    /// In a Double, where no difference overflows. A distance may be infinite: the farthest there is.
    private static func wide(_ value: Float) -> Double {
        Double(min(value, .greatestFiniteMagnitude))
    }

    /// `part` of `whole`; where all are equal each is the best.
    private static func scaled(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 1 }

    // MARK: Diversity

    private func diverse(
        _ order: [UInt64], _ weight: Double, _ limit: Int, _ vector: (Int) throws -> [Float]?
    ) rethrows -> [RerankedBatch.Hit] {
        let vectors = try order.map { try vector(Int(UInt32(truncatingIfNeeded: $0))) }
        var left = Array(order.indices), out: [RerankedBatch.Hit] = []
        // The distance of each to the nearest that was taken.
        var nearest = Array(repeating: Double.infinity, count: order.count)
        while !left.isEmpty, out.count < limit {
            func cost(_ at: Int) -> Double {
                let distance = Double(Self.hit(order[at]).distance)
                return nearest[at].isFinite ? weight * distance - (1 - weight) * nearest[at] : weight * distance
            }
            guard let best = left.indices.min(by: { cost(left[$0]) < cost(left[$1]) }) else { break }
            let taken = left.remove(at: best)
            out.append(Self.hit(order[taken]))
            guard let values = vectors[taken] else { continue }
            let query = DistanceQuery(values: values, metric: metric)
            for at in left {
                guard let other = vectors[at] else { continue }
                nearest[at] = min(nearest[at], Double(query.distance(to: other.span)))
            }
        }
        return out
    }
}
