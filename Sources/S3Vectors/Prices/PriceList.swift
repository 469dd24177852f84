internal import Vectors

/// The prices that all sums of dollars go by. The values in ``PriceTable`` and ``ObjectPrices`` count unless a file
/// says others, of another region or a later day:
///
///     {
///       "date": "2026-09-28",
///       "s3vectors": {
///         "requestsPer1000": 0.055,            GetVectors, ListVectors and all others but the next two
///         "queriesPer1000": 0.0025,            QueryVectors
///         "putPerGB": 0.2,                     PutVectors: 4 bytes a dimension, key and metadata
///         "leastPutBytes": 131072,             what a PutVectors is billed for at least
///         "processedPerTB": [                  of a query: bytes of the index, by its size
///           {"vectorsAbove": 0, "dollars": 0.004},
///           {"vectorsAbove": 100000, "dollars": 0.002},
///           {"vectorsAbove": 10000000, "dollars": 0.0004}
///         ],
///         "returnedPerGB": 0.01,               of a query: bytes of its answer
///         "leastResultBytes": 256,             what a result is billed for at least
///         "freeReturnedBytes": 524288,         of each query
///         "storagePerGBMonth": 0.06
///       },
///       "s3": {"readsPer1000": 0.0004, "writesPer1000": 0.005}
///     }
///
/// `date` must be there; what else is left out keeps its value. A kilobyte has 1,024 bytes.
package struct PriceList: Sendable, Equatable {
    package var vectors = PriceTable()
    package var objects = ObjectPrices()

    package init() {}

    /// - Parameter json: as above.
    /// - Throws: ``PriceListError``, also for a name that is not known: a price that is not followed is a wrong sum.
    package init(json: String) throws(PriceListError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(json) } catch { throw PriceListError(what: "\(error)") }
        let file = try Section(value, "the file", allowed: ["date", "s3vectors", "s3"])
        guard case .string(let date)? = value["date"], Self.isDay(date) else {
            throw PriceListError(what: "\"date\" is missing, or no day such as \"2026-09-28\"")
        }
        vectors.date = date
        objects.date = date
        if let value = file["s3vectors"] { try readVectors(value) }
        if let value = file["s3"] {
            let section = try Section(value, "\"s3\"", allowed: ["readsPer1000", "writesPer1000"])
            if let price = try section.number("readsPer1000") { objects.read = price / 1000 }
            if let price = try section.number("writesPer1000") { objects.write = price / 1000 }
        }
    }

    private mutating func readVectors(_ value: JSONValue) throws(PriceListError) {
        let section = try Section(
            value, "\"s3vectors\"",
            allowed: [
                "requestsPer1000", "queriesPer1000", "putPerGB", "leastPutBytes", "processedPerTB", "returnedPerGB",
                "leastResultBytes", "freeReturnedBytes", "storagePerGBMonth",
            ])
        if let price = try section.number("requestsPer1000") { vectors.request = price / 1000 }
        if let price = try section.number("queriesPer1000") { vectors.query = price / 1000 }
        vectors.putPerGB = try section.number("putPerGB") ?? vectors.putPerGB
        vectors.leastPutBytes = try section.count("leastPutBytes") ?? vectors.leastPutBytes
        vectors.returnedPerGB = try section.number("returnedPerGB") ?? vectors.returnedPerGB
        vectors.leastResultBytes = try section.count("leastResultBytes") ?? vectors.leastResultBytes
        vectors.freeReturnedBytes = try section.count("freeReturnedBytes") ?? vectors.freeReturnedBytes
        vectors.storagePerGBMonth = try section.number("storagePerGBMonth") ?? vectors.storagePerGBMonth
        if let tiers = section["processedPerTB"] { vectors.processedTiers = try Self.tiers(tiers) }
    }

    private static func tiers(_ value: JSONValue) throws(PriceListError) -> [PriceTable.Tier] {
        guard case .array(let values) = value, !values.isEmpty else {
            throw PriceListError(what: "\"processedPerTB\" is \(value.summary), not an array of sizes and prices")
        }
        var tiers: [PriceTable.Tier] = []
        for value in values {
            let section = try Section(value, "\"processedPerTB\"", allowed: ["vectorsAbove", "dollars"])
            guard let above = try section.number("vectorsAbove"), let price = try section.number("dollars"),
                above > tiers.last?.vectorsAbove ?? -1, !tiers.isEmpty || above == 0
            else {
                throw PriceListError(
                    what: "\"processedPerTB\" needs \"vectorsAbove\" and \"dollars\" each, from 0 upwards")
            }
            tiers.append(PriceTable.Tier(vectorsAbove: above, perTB: price))
        }
        return tiers
    }

    private static func isDay(_ text: String) -> Bool { Timestamp.seconds(text + "T00:00:00Z") != nil }

    /// Members of an object whose names are all known.
    private struct Section {
        private let value: JSONValue
        private let place: String

        init(_ value: JSONValue, _ place: String, allowed: Set<String>) throws(PriceListError) {
            guard case .object(let members) = value else {
                throw PriceListError(what: "\(place) is \(value.summary), not an object")
            }
            for member in members where !allowed.contains(member.name) {
                let known = allowed.sorted().joined(separator: ", ")
                throw PriceListError(what: "\(place) has \"\(member.name)\"; known are \(known)")
            }
            self.value = value
            self.place = place
        }

        subscript(name: String) -> JSONValue? { value[name] }

        func number(_ name: String) throws(PriceListError) -> Double? {
            guard let member = value[name] else { return nil }
            guard let number = member.double, number.isFinite, number >= 0 else {
                throw PriceListError(what: "\"\(name)\" in \(place) is \(member.summary), not a number from 0")
            }
            return number
        }

        func count(_ name: String) throws(PriceListError) -> Int? {
            guard let number = try number(name) else { return nil }
            guard let count = Int(exactly: number) else {
                throw PriceListError(what: "\"\(name)\" in \(place) is \(number), not a whole number")
            }
            return count
        }
    }
}

/// Why a file of prices cannot be used.
package struct PriceListError: Error, Equatable, Sendable, CustomStringConvertible {
    package let what: String

    package var description: String { "the prices cannot be used: \(what)" }
}
