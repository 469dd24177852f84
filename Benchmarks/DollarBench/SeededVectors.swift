import Workload

/// Clustered vectors of a few degrees of freedom, as embeddings have them, turned into many dimensions: any of them is
/// made in microseconds from its number, and its neighbours are found where it has few coordinates.
struct SeededVectors: Sendable {
    /// Degrees of freedom.
    static let rank = 24
    typealias Coordinates = (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>)

    let count: Int
    let dimension: Int
    /// Three a row; what is over the dimension is 0.
    private let coordinates: [SIMD8<Float>]
    /// Three a dimension: orthonormal columns, so that distances stay what they are.
    private let turn: [SIMD8<Float>]
    private let clusters: [Cluster]

    private struct Cluster: Sendable {
        var centre: Coordinates
        var rows: [UInt32]
    }

    /// Row-major coordinates, `min(rank, dimension)` a row, of which queries are drawn.
    let flat: [Float]

    /// Coordinates a row in ``flat``.
    var rankUsed: Int { min(Self.rank, dimension) }

    init(count: Int, dimension: Int, clusterCount: Int, seed: UInt64) {
        self.count = count
        self.dimension = dimension
        let rank = min(Self.rank, dimension)
        let drawn = Clusters.drawn(count: count, dimension: rank, clusters: clusterCount, seed: seed)
        flat = drawn.values
        var coordinates: [SIMD8<Float>] = []
        coordinates.reserveCapacity(3 * count)
        for row in 0..<count {
            let (a, b, c) = Self.packed(drawn.values[row * rank..<(row + 1) * rank])
            coordinates += [a, b, c]
        }
        self.coordinates = coordinates
        turn = Self.orthonormal(dimension: dimension, rank: rank, seed: seed)
        var rows = [[UInt32]](repeating: [], count: clusterCount)
        for (row, cluster) in drawn.clusters.enumerated() { rows[cluster].append(UInt32(row)) }
        clusters = rows.filter { !$0.isEmpty }.map { rows in
            var sum: Coordinates = (.zero, .zero, .zero)
            for row in rows {
                let at = 3 * Int(row)
                sum = (sum.0 + coordinates[at], sum.1 + coordinates[at + 1], sum.2 + coordinates[at + 2])
            }
            let share = 1 / Float(rows.count)
            return Cluster(centre: (sum.0 * share, sum.1 * share, sum.2 * share), rows: rows)
        }
    }

    static func packed(_ values: ArraySlice<Float>) -> Coordinates {
        var out: [SIMD8<Float>] = [.zero, .zero, .zero]
        for (i, value) in values.enumerated() { out[i / 8][i % 8] = value }
        return (out[0], out[1], out[2])
    }

    /// Gram and Schmidt over random columns; given by dimension.
    private static func orthonormal(dimension: Int, rank: Int, seed: UInt64) -> [SIMD8<Float>] {
        var random = SplitMix64(seed: seed ^ 0xA5)
        var columns: [[Float]] = []
        for _ in 0..<rank {
            var column = (0..<dimension).map { _ in random.normal() }
            for other in columns {
                let product = zip(column, other).reduce(0) { $0 + $1.0 * $1.1 }
                for i in column.indices { column[i] -= product * other[i] }
            }
            let norm = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
            columns.append(column.map { $0 / norm })
        }
        var out: [SIMD8<Float>] = []
        for i in 0..<dimension {
            let (a, b, c) = packed(columns.map { $0[i] }[...])
            out += [a, b, c]
        }
        return out
    }

    /// The coordinates of a row.
    func coordinates(of row: Int) -> Coordinates {
        (coordinates[3 * row], coordinates[3 * row + 1], coordinates[3 * row + 2])
    }

    /// A vector of `dimension` values; the same bits each time.
    func vector(_ point: Coordinates) -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: dimension) { out, written in
            for i in 0..<dimension {
                let product = turn[3 * i] * point.0 + turn[3 * i + 1] * point.1 + turn[3 * i + 2] * point.2
                unsafe out[i] = product.sum()
            }
            written = dimension
        }
    }

    /// The coordinates of the point that `vector(_:)` made into `values`.
    func point(of values: [Float]) -> Coordinates {
        var out: Coordinates = (.zero, .zero, .zero)
        for (i, value) in values.enumerated() {
            out.0 += turn[3 * i] * value
            out.1 += turn[3 * i + 1] * value
            out.2 += turn[3 * i + 2] * value
        }
        return out
    }

    /// The nearest rows, nearest first, out of the eight clusters around `point`: the store's own search.
    func nearest(to point: Coordinates, count: Int) -> [(row: Int, distance: Float)] {
        var near = Smallest(limit: 8), found = Smallest(limit: count)
        for (i, cluster) in clusters.enumerated() { near.insert(Self.squares(cluster.centre, point), i) }
        for (i, _) in near.entries {
            for row in clusters[i].rows { found.insert(Self.squares(coordinates(of: Int(row)), point), Int(row)) }
        }
        return found.entries.map { ($0.item, $0.key.squareRoot()) }
    }

    private static func squares(_ a: Coordinates, _ b: Coordinates) -> Float {
        let x = a.0 - b.0, y = a.1 - b.1, z = a.2 - b.2
        return (x * x + y * y + z * z).sum()
    }
}

/// The few smallest of many.
private struct Smallest {
    let limit: Int
    private(set) var entries: [(item: Int, key: Float)] = []

    init(limit: Int) { self.limit = limit }

    mutating func insert(_ key: Float, _ item: Int) {
        if entries.count == limit, let last = entries.last, key >= last.key { return }
        let at = entries.firstIndex { $0.key > key } ?? entries.count
        entries.insert((item, key), at: at)
        if entries.count > limit { entries.removeLast() }
    }
}
