package import Tiers

/// What S3 Vectors costs in US dollars, us-east-1 and us-west-2, as AWS's price feed said on 2026-09-28. A kilobyte is
/// 1,024 bytes and so on: only so AWS's own examples come out.
///
/// Other regions cost other prices, and prices change: ``PriceList`` reads them from a file.
package struct PriceTable: Sendable, Equatable {
    /// The day of the prices.
    package var date = "2026-09-28"
    /// Of stored bytes: 4 a dimension, the key and all metadata.
    package var storagePerGBMonth = 0.06
    /// Of written bytes, counted alike.
    package var putPerGB = 0.20
    /// PutVectors is billed as if it had at least these.
    package var leastPutBytes = 128 * 1024
    /// GetVectors, ListVectors and all others but PutVectors and QueryVectors.
    package var request = 0.055 / 1_000
    package var query = 0.0025 / 1_000
    /// Of the bytes that a query is charged to have gone through: 4 a dimension, the key and the filterable metadata,
    /// of every vector of the index.
    package var processedTiers = [
        Tier(vectorsAbove: 0, perTB: 0.004), Tier(vectorsAbove: 100_000, perTB: 0.002),
        Tier(vectorsAbove: 10_000_000, perTB: 0.0004),
    ]
    package var returnedPerGB = 0.01
    /// Each result counts at least so much.
    package var leastResultBytes = 256
    /// Of one query.
    package var freeReturnedBytes = 512 * 1024

    package struct Tier: Sendable, Equatable {
        package var vectorsAbove: Double
        package var perTB: Double

        package init(vectorsAbove: Double, perTB: Double) {
            self.vectorsAbove = vectorsAbove
            self.perTB = perTB
        }
    }

    package init() {}

    private static let gigabyte = 1_073_741_824.0
    private static let terabyte = 1_099_511_627_776.0

    /// Of one PutVectors with `byteCount` logical bytes.
    package func put(byteCount: Int) -> Double { Double(max(byteCount, leastPutBytes)) / Self.gigabyte * putPerGB }

    /// Of one page of QueryVectors.
    ///
    /// - Parameters:
    ///   - vectorCount: in the index.
    ///   - vectorBytes: of each, on average, as ``processedTiers`` counts them.
    ///   - resultBytes: of each result that was returned.
    package func query(vectorCount: Double, vectorBytes: Double, resultBytes: [Int] = []) -> Double {
        var processed = 0.0
        for (position, tier) in processedTiers.enumerated() {
            let next = position + 1 < processedTiers.count ? processedTiers[position + 1].vectorsAbove : .infinity
            let count = max(0, min(vectorCount, next) - tier.vectorsAbove)
            processed += count * vectorBytes / Self.terabyte * tier.perTB
        }
        let returned = resultBytes.reduce(0) { $0 + max($1, leastResultBytes) } - freeReturnedBytes
        return query + processed + Double(max(0, returned)) / Self.gigabyte * returnedPerGB
    }

    /// Of keeping an index for a month.
    package func storage(vectorCount: Double, vectorBytes: Double) -> Double {
        vectorCount * vectorBytes / Self.gigabyte * storagePerGBMonth
    }
}

extension PriceTable: ColdPrices {
    package func fetch(keyCount: Int) -> Double { request }
    package func page(vectorCount: Int) -> Double { request }

    package func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? {
        // A query of many pages counts as one here, and each of its pages where what was spent is counted: whether
        // pages are billed is not known.
        query(
            vectorCount: size.vectorCount, vectorBytes: size.vectorBytes,
            resultBytes: [Int](repeating: resultBytes, count: max(0, count)))
    }
}

/// What plain S3 costs in US dollars: us-east-1, S3 Standard. No byte is paid for within a region.
package struct ObjectPrices: ColdPrices, Equatable {
    package var date = "2026-09-28"
    /// Of a GET.
    package var read = 0.0004 / 1_000
    /// Of a PUT or a listing; DELETE is free.
    package var write = 0.005 / 1_000

    package init() {}

    /// Keys lie anywhere: each is a request of its own, unless it has neighbours.
    package func fetch(keyCount: Int) -> Double { Double(keyCount) * read }
    /// A pack and a manifest.
    package func put(byteCount: Int) -> Double { 2 * write }
    package func page(vectorCount: Int) -> Double { Double(vectorCount) * read }
    package func query(_ size: ColdSize, count: Int, resultBytes: Int) -> Double? { nil }
}
