import Foundation
import Testing
import Tiers

@testable import S3Vectors

@Suite("The file of prices")
struct PriceListTests {
    /// The example in the comment that documents the file.
    private static func documented() throws -> String {
        let source = Fixture.folder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/S3Vectors/Prices/PriceList.swift")
        let lines = try String(contentsOf: source, encoding: .utf8).split(separator: "\n").prefix {
            !$0.hasPrefix("/// `date`")
        }
        let example = lines.filter { $0.hasPrefix("///     ") }.map { String($0.dropFirst(8)) }
        // What is said of a member stands two blanks behind it.
        return example.map { line in
            let start = line.firstIndex { $0 != " " } ?? line.startIndex
            return String(line[start...]).components(separatedBy: "  ")[0]
        }.joined(separator: "\n")
    }

    @Test("the documented file says what counts without one")
    func example() throws {
        #expect(try PriceList(json: Self.documented()) == PriceList())
    }

    @Test("a list that is printed is read as it was")
    func text() throws {
        #expect(try PriceList(json: PriceList().json) == PriceList())
        var other = PriceList()
        (other.vectors.date, other.objects.date) = ("2027-01-31", "2027-01-31")
        other.vectors.request = 0.0711 / 1000
        other.vectors.processedTiers = [.init(vectorsAbove: 0, perTB: 1), .init(vectorsAbove: 250_000, perTB: 0.5)]
        other.objects.write = 0.0054 / 1000
        #expect(try PriceList(json: other.json) == other)
    }

    @Test("a file changes what it names, and sums go by it")
    func change() throws {
        let prices = try PriceList(
            json: #"{"date":"2027-01-31","s3vectors":{"requestsPer1000":1,"leastPutBytes":0},"s3":{"writesPer1000":2}}"#
        )
        #expect(prices.vectors.date == "2027-01-31" && prices.objects.date == "2027-01-31")
        #expect(prices.vectors.fetch(keyCount: 7) == 0.001 && prices.vectors.put(byteCount: 0) == 0)
        #expect(prices.objects.put(byteCount: 9) == 0.004 && prices.objects.read == ObjectPrices().read)
        #expect(prices.vectors.processedTiers == PriceTable().processedTiers)
        var options = ColdOpening.Options()
        options.endpoint = "http://127.0.0.1:9"
        options.prices = prices
        for address in ["s3vectors://bucket/index", "s3://bucket/prefix"] {
            #expect(try ColdOpening.open(address, options).meter?.prices.date == "2027-01-31")
        }
    }

    @Test(
        "what cannot be followed is refused by its name",
        arguments: [
            ("{}", "date"), (#"{"date":"yesterday"}"#, "date"), ("[]", "array"), ("{", "1"),
            (#"{"date":"2026-09-28","currency":"EUR"}"#, "currency"),
            (#"{"date":"2026-09-28","s3vectors":{"insertsPer1000":1}}"#, "insertsPer1000"),
            (#"{"date":"2026-09-28","s3vectors":{"putPerGB":-1}}"#, "putPerGB"),
            (#"{"date":"2026-09-28","s3vectors":{"putPerGB":"1"}}"#, "putPerGB"),
            (#"{"date":"2026-09-28","s3vectors":{"leastPutBytes":0.5}}"#, "leastPutBytes"),
            (#"{"date":"2026-09-28","s3vectors":{"processedPerTB":[]}}"#, "processedPerTB"),
            (#"{"date":"2026-09-28","s3vectors":{"processedPerTB":[{"vectorsAbove":5,"dollars":1}]}}"#, "from 0"),
            (#"{"date":"2026-09-28","s3":{"reads":1}}"#, "reads"),
        ])
    func refusals(text: String, named: String) throws {
        let error = #expect(throws: PriceListError.self) { try PriceList(json: text) }
        #expect(try #require(error).description.contains(named))
    }
}
