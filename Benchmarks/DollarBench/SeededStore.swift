import S3Vectors
import Synchronization
import Tiers
import Vectors

/// S3 Vectors as it would answer and charge, without its latency, over vectors that are made when they are asked for.
///
/// It keeps an account of its own: what was asked of it, at the prices of the table and its true size. The engine's sums
/// are checked against that.
final class SeededStore: ColdStore, ColdMeter {
    private let vectors: SeededVectors
    private let table = PriceTable()
    private let charges = Mutex(ColdBill())

    /// What a page holds at most, as found of S3 Vectors.
    private static let pageBytes = 1 << 20

    init(_ vectors: SeededVectors) { self.vectors = vectors }

    /// The address under which collections reach it.
    func register(scheme: String) {
        ColdStores.register(scheme: scheme) { address, _ in
            ColdConnection(store: self, meter: self, description: address)
        }
    }

    // MARK: The account

    var bill: ColdBill { charges.withLock { $0 } }
    var prices: any ColdPrices { table }
    func setSize(_ size: ColdSize) {}

    /// US dollars of what queries and fills have asked since the last ``forget()``.
    var onlineDollars: Double {
        charges.withLock { bill in
            [ColdOperation.fetch, .query].reduce(0) { $0 + (bill.charges[$1]?.dollars ?? 0) }
        }
    }

    func forget() { charges.withLock { $0 = ColdBill() } }

    /// US dollars of one query that it answers itself, of which each result counts 256 bytes.
    func queryPrice(count: Int) -> Double {
        table.query(
            vectorCount: Double(vectors.count), vectorBytes: Double(4 * vectors.dimension + keyBytes),
            resultBytes: [Int](repeating: 0, count: count))
    }

    private func charge(_ operation: ColdOperation, _ keyCount: Int, _ dollars: Double) {
        charges.withLock { bill in
            var charge = bill.charges[operation] ?? ColdCharge()
            charge.requestCount += 1
            charge.keyCount += keyCount
            charge.dollars += dollars
            bill.charges[operation] = charge
        }
    }

    // MARK: What it holds

    /// All keys are of one length.
    private var keyBytes: Int { 9 }

    static func key(_ row: Int) throws(InputError) -> VectorKey {
        let digits = String(row)
        return try VectorKey("v" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits)
    }

    private func row(_ key: VectorKey) -> Int? {
        Int(key.text.dropFirst()).flatMap { (0..<vectors.count).contains($0) ? $0 : nil }
    }

    private func stored(_ row: Int, _ parts: ColdParts) throws(ColdError) -> ColdVector {
        ColdVector(
            key: try known(row), values: parts.contains(.values) ? vectors.vector(vectors.coordinates(of: row)) : nil,
            metadata: parts.contains(.metadata) ? Metadata() : nil)
    }

    private func known(_ row: Int) throws(ColdError) -> VectorKey {
        do { return try Self.key(row) } catch { throw .strangeAnswer(what: "\(error)") }
    }

    // MARK: Operations

    var limits: ColdLimits { ColdLimits() }

    func describe(timeout: Duration) async throws(ColdError) -> ColdDescription {
        ColdDescription(dimension: vectors.dimension, metric: .euclidean, creationTime: 1)
    }

    func fetch(
        _ keys: [VectorKey], _ parts: ColdParts, timeout: Duration
    ) async throws(ColdError) -> [ColdVector] {
        charge(.fetch, keys.count, table.fetch(keyCount: keys.count))
        var out: [ColdVector] = []
        for row in keys.compactMap(row) { out.append(try stored(row, parts)) }
        return out
    }

    func list(_ request: ColdListRequest, timeout: Duration) async throws(ColdError) -> ColdPage {
        let step = request.segment?.count ?? 1
        let first = request.token.flatMap { Int($0) } ?? request.segment?.index ?? 0
        let limit = min(request.limit, max(1, Self.pageBytes / (4 * vectors.dimension)))
        let rows = stride(from: first, to: vectors.count, by: step).prefix(limit)
        var out: [ColdVector] = []
        for row in rows { out.append(try stored(row, request.parts)) }
        charge(.list, out.count, table.page(vectorCount: out.count))
        let next = first + step * limit
        return ColdPage(vectors: out, nextToken: next < vectors.count ? "\(next)" : nil)
    }

    func query(_ query: ColdQuery, timeout: Duration) async throws(ColdError) -> [ColdHit]? {
        charge(.query, query.count, queryPrice(count: query.count))
        var out: [ColdHit] = []
        for (row, distance) in vectors.nearest(to: vectors.point(of: query.values), count: query.count) {
            out.append(ColdHit(key: try known(row), distance: distance))
        }
        return out
    }

    func put(_ vectors: [ColdVector], timeout: Duration) async throws(ColdError) { throw Self.readOnly }
    func delete(_ keys: [VectorKey], timeout: Duration) async throws(ColdError) { throw Self.readOnly }

    private static let readOnly = ColdError.refused(status: 403, code: "read_only", message: "nothing is written here")
}
