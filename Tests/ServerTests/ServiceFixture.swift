import Foundation
import Testing

@testable import S3Vectors
@testable import Server
@testable import Vectors

/// A service over a folder of its own, which is removed with it.
final class ServiceFixture: Sendable {
    let folder: String
    let service: Service

    static let now = 1_767_323_045.0

    init(openLimit: Int = 64, _ change: (inout ServiceSettings) -> Void = { _ in }) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "memvec-\(UUID().uuidString)").path
        service = try Self.open(folder, openLimit, change)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func open(
        _ folder: String, _ openLimit: Int = 64, _ change: (inout ServiceSettings) -> Void = { _ in }
    ) throws -> Service {
        var settings = ServiceSettings()
        settings.clock = { now }
        change(&settings)
        return Service(catalog: try Catalog(root: folder, openLimit: openLimit, mapBytes: 1 << 30), settings: settings)
    }

    func call(_ operation: String, _ body: String) async -> Answer { await service.call(operation, body) }

    /// A service with bucket `demo` and index `items` in it.
    static func withIndex(
        dimension: Int = 2, metric: String = "euclidean", nonFilterable: [String] = [],
        _ change: (inout ServiceSettings) -> Void = { _ in }
    ) async throws -> ServiceFixture {
        let fixture = try ServiceFixture(change)
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        let keys = nonFilterable.map { "\"\($0)\"" }.joined(separator: ",")
        let metadata = #""metadataConfiguration":{"nonFilterableMetadataKeys":[\#(keys)]}"#
        try await fixture.call(
            "CreateIndex",
            #"{"vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":\#(dimension),"#
                + #""distanceMetric":"\#(metric)"\#(nonFilterable.isEmpty ? "" : "," + metadata)}"#
        ).expectFine()
        return fixture
    }

    /// The same with `index` named in the body, whose other members are `rest`.
    func onItems(_ operation: String, _ rest: String = "") async -> Answer {
        await call(operation, #"{"vectorBucketName":"demo","indexName":"items"\#(rest.isEmpty ? "" : "," + rest)}"#)
    }

    func put(_ vectors: String) async -> Answer { await onItems("PutVectors", #""vectors":[\#(vectors)]"#) }
}

/// What the service answered.
struct Answer {
    let reply: Reply
    let body: JSONValue

    var status: Int { reply.status }
    var code: String? { reply[ServiceError.typeHeader] }
    var message: String? { text("message") }

    func text(_ name: String) -> String? {
        if case .string(let text) = body[name] { text } else { nil }
    }

    func list(_ name: String) -> [JSONValue] {
        if case .array(let values) = body[name] { values } else { [] }
    }

    /// Keys of the vectors, in their order.
    var keys: [String] { list("vectors").compactMap { if case .string(let key) = $0["key"] { key } else { nil } } }

    var fieldPaths: [String] {
        list("fieldList").compactMap { if case .string(let path) = $0["path"] { path } else { nil } }
    }

    func expectFine(_ location: SourceLocation = #_sourceLocation) throws {
        try #require(status == 200, "\(message ?? "")", sourceLocation: location)
    }

    func expect(
        _ code: String, _ status: Int, _ message: String, _ fields: [String]? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(self.code == code, sourceLocation: location)
        #expect(self.status == status, sourceLocation: location)
        #expect(
            self.message?.hasPrefix(message) == true, "\(self.message ?? "") is not \(message)",
            sourceLocation: location)
        if let fields { #expect(fieldPaths == fields, sourceLocation: location) }
    }

    func expectInvalid(_ message: String, _ fields: [String]? = nil, _ location: SourceLocation = #_sourceLocation) {
        expect("ValidationException", 400, message, fields, location)
    }
}

extension Service {
    func call(_ operation: String, _ body: String) async -> Answer {
        await call(Call(method: "POST", path: "/" + operation, body: Array(body.utf8)))
    }

    func call(_ call: Call) async -> Answer {
        let reply = await respond(to: call)
        return Answer(reply: reply, body: (try? JSONValue(bytes: reply.body)) ?? .null)
    }
}
