import Foundation
import S3Vectors
import Testing
import Vectors

@Suite("what boto3 sends and is answered")
struct ExchangeTests {
    static let exchanges = Fixture.exchanges
    static let good = exchanges.filter { $0.status == 200 }
    static let refused = exchanges.filter { ($0.status ?? 200) >= 400 }

    @Test("every operation is among them")
    func complete() {
        #expect(Set(Self.good.map(\.operation)) == Set(S3Vectors.Operation.allCases.map(\.name)))
        #expect(S3Vectors.Operation.allCases.count == 22)
        #expect(Self.refused.count >= 9)
    }

    private func read(_ exchange: Fixture.Exchange) throws -> any WireRequest {
        let parts = exchange.target.split(separator: "?", maxSplits: 1)
        let found = try #require(Operation.match(method: exchange.method, path: String(parts[0])))
        #expect(found.operation.name == exchange.operation)
        let query = try #require(PercentCoding.pairs(ofQuery: parts.count > 1 ? parts[1] : ""))
        let type = AnyMessage.request(found.operation)
        return try type.read(Array(exchange.body.utf8)[...], label: found.label, query: query)
    }

    /// Without members whose order or blanks differ.
    private func value(_ text: some StringProtocol) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    @Test("a request that is read is written as it came", arguments: good)
    func request(_ exchange: Fixture.Exchange) throws {
        let request = try read(exchange)
        let target = request.path + (request.query.isEmpty ? "" : "?" + request.query)
        #expect(target == exchange.target)
        if exchange.body.isEmpty {
            #expect(request.body.isEmpty)
        } else {
            let again = String(decoding: request.body, as: UTF8.self)
            #expect(try floatless(again) == floatless(exchange.body))
        }
    }

    /// 0.1 as a float32 is not the double 0.1: numbers are compared as float32.
    private func floatless(_ text: String) throws -> JSONValue { round(try JSONValue(text)) }

    private func round(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(round))
        case .object(let members):
            .object(members.map { JSONValue.Member($0.name, round($0.value)) }.sorted { $0.name < $1.name })
        default: value.double.map { .number(Double(Float($0))) } ?? value
        }
    }

    @Test("an answer that is read is written as it came", arguments: good)
    func answer(_ exchange: Fixture.Exchange) throws {
        let operation = try #require(Operation(rawValue: exchange.operation))
        let text = try #require(exchange.answer)
        let again = try AnyMessage.answerAgain(AnyMessage.request(operation), Array(text.utf8))
        // An answer may leave out what the model calls required.
        if text != #"{"index":{}}"# {
            #expect(try floatless(String(decoding: again, as: UTF8.self)) == floatless(text))
        }
    }

    @Test("an error is read as boto3 reads it", arguments: refused)
    func error(_ exchange: Fixture.Exchange) throws {
        let status = try #require(exchange.status)
        let body = Array((exchange.answer ?? "").utf8)
        let error = ServiceError(status: status, errorType: exchange.errorType, body: body)
        #expect(error.code.rawValue == exchange.code)
        #expect(error.status == status)
        guard let errorType = exchange.errorType, !errorType.contains(":") else { return }
        let again = ServiceError(status: status, errorType: error.code.rawValue, body: error.body)
        #expect(again == error)
        #expect(error.code.usualStatus == status)
    }
}
