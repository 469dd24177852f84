import Foundation
import Testing

/// Files beside the tests: what boto3 sent and saw, and what botocore signed.
enum Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// One request of boto3, and the answer that it was given.
    struct Exchange: Decodable, CustomTestStringConvertible {
        var operation: String
        var note: String?
        var method: String
        /// Path and query.
        var target: String
        var body: String
        var status: Int?
        var answer: String?
        var errorType: String?
        /// Of the error, as boto3 named it.
        var code: String?

        var testDescription: String { "\(operation) \(note ?? "") \(body.prefix(120))" }
    }

    struct Signature: Decodable, CustomTestStringConvertible {
        var name: String
        var service: String
        var region: String
        var accessKey: String
        var secretKey: String
        var sessionToken: String?
        var time: String
        var method: String
        var path: String
        var query: String
        var headers: [String: String]
        var body: String
        var bodyHash: String
        var canonicalRequest: String
        var stringToSign: String
        var authorization: String

        var testDescription: String { name }
    }

    struct Signatures: Decodable { var signatures: [Signature] }

    static let exchanges: [Exchange] = {
        let text = (try? String(contentsOf: folder.appending(path: "exchanges.jsonl"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Exchange.self, from: Data($0.utf8))
        }
    }()

    static let signatures: [Signature] = {
        guard let data = try? Data(contentsOf: folder.appending(path: "signatures.json")) else { return [] }
        return (try? JSONDecoder().decode(Signatures.self, from: data).signatures) ?? []
    }()
}
