import Foundation
import S3Vectors
import Storage
import Testing
import Vectors

@testable import Server

@Suite("the folder of a service")
struct CatalogTests {
    @Test("a service that was closed says that it is not there")
    func closed() async throws {
        let fixture = try await ServiceFixture.withIndex()
        await fixture.service.catalog.close()
        await fixture.onItems("ListVectors").expect("ServiceUnavailableException", 503, "Currently unable to handle")
    }

    @Test("a second service is opened when the first is gone, and finds all")
    func handover() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memvec-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var first: Service? = try ServiceFixture.open(folder)
        try await first?.call("CreateVectorBucket", #"{"vectorBucketName":"demo","tags":{"a":"b"}}"#).expectFine()
        let index = #""vectorBucketName":"demo","indexName":"items""#
        try await first?.call(
            "CreateIndex", "{\(index),\"dataType\":\"float32\",\"dimension\":2,\"distanceMetric\":\"cosine\"}"
        ).expectFine()
        try await first?.call("PutVectors", "{\(index),\"vectors\":[{\"key\":\"a\",\"data\":{\"float32\":[1,2]}}]}")
            .expectFine()
        #expect(throws: StorageError.self) { try ServiceFixture.open(folder) }
        await first?.catalog.close()
        first = nil
        for leftover in [".new-x", ".old-x"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/demo/\(leftover)/y", withIntermediateDirectories: true)
        }
        let second = try ServiceFixture.open(folder)
        #expect(await second.call("ListVectors", "{\(index)}").keys == ["a"])
        #expect(
            await second.call("GetIndex", "{\(index)}").body["index"]?["creationTime"]?.double == ServiceFixture.now)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/demo").sorted() == ["bucket.json", "items"])
        await second.catalog.close()
    }

    @Test("more indexes than may be open at once are closed and opened as they are asked for")
    func eviction() async throws {
        let fixture = try ServiceFixture(openLimit: 2)
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        func index(_ number: Int) -> String { #""vectorBucketName":"demo","indexName":"items-\#(number)""# }
        for number in 0..<5 {
            try await fixture.call(
                "CreateIndex",
                "{\(index(number)),\"dataType\":\"float32\",\"dimension\":2,\"distanceMetric\":\"cosine\"}"
            ).expectFine()
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    for round in 0..<4 {
                        let put = #""vectors":[{"key":"r\#(round)","data":{"float32":[1,2]}}]"#
                        let answer = await fixture.call("PutVectors", "{\(index(number)),\(put)}")
                        #expect(answer.status == 200, "\(answer.message ?? "")")
                    }
                }
            }
        }
        for number in 0..<5 {
            #expect(await fixture.call("ListVectors", "{\(index(number))}").keys.sorted() == ["r0", "r1", "r2", "r3"])
        }
    }

    @Test("an index that is deleted and made again under queries is never the old one")
    func reincarnation() async throws {
        let fixture = try await ServiceFixture.withIndex()
        for round in 0..<6 {
            try await fixture.put(#"{"key":"r\#(round)","data":{"float32":[1,2]}}"#).expectFine()
            async let queries: Void = {
                for _ in 0..<20 {
                    let answer = await fixture.onItems("QueryVectors", #""topK":9,"queryVector":{"float32":[1,1]}"#)
                    #expect([200, 404].contains(answer.status), "\(answer.message ?? "")")
                    if answer.status == 200 { #expect(answer.keys == ["r\(round)"] || answer.keys == []) }
                }
            }()
            try await fixture.onItems("DeleteIndex").expectFine()
            await fixture.put(#"{"key":"x","data":{"float32":[1,2]}}"#).expect(
                "NotFoundException", 404, "The specified")
            try await fixture.call(
                "CreateIndex",
                #"{"vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":2,"#
                    + #""distanceMetric":"euclidean"}"#
            ).expectFine()
            #expect(await fixture.onItems("ListVectors").keys == [])
            await queries
        }
    }

    @Test("of many who make one index at once one does")
    func race() async throws {
        let fixture = try ServiceFixture()
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await fixture.call(
                        "CreateIndex",
                        #"{"vectorBucketName":"demo","indexName":"items","dataType":"float32","dimension":2,"#
                            + #""distanceMetric":"euclidean"}"#
                    ).status
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [200, 409, 409, 409, 409, 409, 409, 409])
    }

    @Test("a file that somebody damaged is an error, not a trap")
    func damage() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try Data("{".utf8).write(to: URL(filePath: fixture.folder + "/demo/bucket.json"))
        await fixture.call("GetVectorBucket", #"{"vectorBucketName":"demo"}"#)
            .expect("InternalServerException", 500, "Internal error: ")
    }
}
