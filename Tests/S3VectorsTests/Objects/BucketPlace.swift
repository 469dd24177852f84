import Foundation
import Testing
import Tiers

@testable import S3Vectors

/// Where the tests of plain S3 run: in memory, and on the server that `MEMVEC_TEST_S3` names by its URL
/// (`tools/tests/client` starts one, and makes the bucket `bucket`).
enum BucketPlace: Sendable, CustomTestStringConvertible {
    case memory
    case server(String)

    static let all: [BucketPlace] =
        [.memory] + (ProcessInfo.processInfo.environment["MEMVEC_TEST_S3"].map { [.server($0)] } ?? [])

    var testDescription: String {
        switch self {
        case .memory: "in memory"
        case .server(let url): url
        }
    }

    /// A place for one collection that nobody else uses.
    func ground() throws -> BucketGround {
        switch self {
        case .memory: return BucketGround(prefix: "a/b", http: FakeBucket(), endpoint: "http://127.0.0.1:1")
        case .server(let url):
            let prefix = "test/\(UInt64.random(in: 0...UInt64.max))"
            return BucketGround(prefix: prefix, http: try CurlTransport(), endpoint: url)
        }
    }
}

/// A prefix in a bucket, and the way there.
struct BucketGround: Sendable {
    let prefix: String
    let http: any HTTPSending
    let endpoint: String

    /// - Parameter way: another way to it.
    func bucket(_ way: (any HTTPSending)? = nil) -> ObjectBucket {
        let keys = Credentials(accessKeyID: "memvec", secretAccessKey: "memvec-secret", origin: "the test")
        let isInMemory = http is FakeBucket
        return ObjectBucket(
            bucket: "bucket", AWSSettings(region: "us-east-1", endpoint: endpoint, isEndpointSet: true),
            credentials: FixedCredentials(keys), http: way ?? http,
            wallClock: { isInMemory ? 1_767_323_045 : Date().timeIntervalSince1970 })
    }

    /// Below the prefix.
    func names() async throws -> [String] {
        let (objects, _) = try await bucket().list(prefix: prefix + "/", .init(.list, .seconds(60)))
        return objects.map { String($0.name.dropFirst(prefix.count + 1)) }.sorted()
    }

    /// A store as another process would have it.
    func store(
        clock: VirtualClock = VirtualClock(passesByItself: true), through way: (any HTTPSending)? = nil,
        _ set: (inout ObjectColdStore.Settings) -> Void = { _ in }
    ) -> ObjectColdStore {
        var settings = ObjectColdStore.Settings()
        settings.mergesByItself = false
        set(&settings)
        return ObjectColdStore(bucket(way), prefix: prefix, settings, clock: clock)
    }
}
