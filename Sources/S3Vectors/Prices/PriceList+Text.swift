extension PriceList {
    /// The whole list as the file that ``init(json:)`` reads, for people to change.
    package var json: String {
        let tiers = vectors.processedTiers.map { tier in
            "      {\"vectorsAbove\": \(Self.number(tier.vectorsAbove)), \"dollars\": \(Self.number(tier.perTB))}"
        }
        return """
            {
              "date": "\(vectors.date)",
              "s3vectors": {
                "requestsPer1000": \(Self.number(vectors.request * 1000)),
                "queriesPer1000": \(Self.number(vectors.query * 1000)),
                "putPerGB": \(Self.number(vectors.putPerGB)),
                "leastPutBytes": \(vectors.leastPutBytes),
                "processedPerTB": [
            \(tiers.joined(separator: ",\n"))
                ],
                "returnedPerGB": \(Self.number(vectors.returnedPerGB)),
                "leastResultBytes": \(vectors.leastResultBytes),
                "freeReturnedBytes": \(vectors.freeReturnedBytes),
                "storagePerGBMonth": \(Self.number(vectors.storagePerGBMonth))
              },
              "s3": {
                "readsPer1000": \(Self.number(objects.read * 1000)),
                "writesPer1000": \(Self.number(objects.write * 1000))
              }
            }
            """
    }

    /// Without the last digits, which a price of one request lost on its way from that of a thousand.
    private static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        return "\((value * 1e12).rounded() / 1e12)"
    }
}
