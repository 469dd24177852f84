import Foundation
import MemVec
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
        for leftover in ["new-x", "old-x"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/.server/aside/\(leftover)/y", withIntermediateDirectories: true)
        }
        let second = try ServiceFixture.open(folder)
        #expect(await second.call("ListVectors", "{\(index)}").keys == ["a"])
        #expect(
            await second.call("GetIndex", "{\(index)}").body["index"]?["creationTime"]?.double == ServiceFixture.now)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/demo").sorted() == ["bucket.json", "items"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.server/aside").isEmpty)
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
        let answer = await fixture.call("GetVectorBucket", #"{"vectorBucketName":"demo"}"#)
        answer.expect("InternalServerException", 500, "Internal error: a file of this server is damaged: ")
        // The client is not told where it is; the log is.
        #expect(answer.message?.contains(fixture.folder) == false)
        let cause = "Internal error: \(fixture.folder)/demo/bucket.json is damaged: "
        #expect(answer.reply.trace?.facts.cause?.hasPrefix(cause) == true)
    }

    @Test("what the server did not make stays when it starts, and keeps its name and its bucket")
    func others() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memvec-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let places = [".old-photos/2019", ".new-year", "demo/.old-notes", "demo/.new-notes", "photos/2020"]
        for place in places {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
        }
        let facts = #"{"format":1,"creationTime":1,"encryption":{},"defaultIndexMode":"ENHANCED","tags":[]}"#
        try Data(facts.utf8).write(to: URL(filePath: folder + "/demo/bucket.json"))
        let service = try ServiceFixture.open(folder)
        try await service.call("GetVectorBucket", #"{"vectorBucketName":"demo"}"#).expectFine()
        await service.call("DeleteVectorBucket", #"{"vectorBucketName":"demo"}"#)
            .expect("ConflictException", 409, "The specified vector bucket is not empty: its folder holds .new-notes")
        await service.call("CreateVectorBucket", #"{"vectorBucketName":"photos"}"#)
            .expect("ConflictException", 409, "The specified name is taken")
        await service.call("GetVectorBucket", #"{"vectorBucketName":"photos"}"#)
            .expect("NotFoundException", 404, "The specified vector bucket could not be found")
        for place in places { #expect(FileManager.default.fileExists(atPath: "\(folder)/\(place)"), "\(place)") }
        await service.catalog.close()
    }

    @Test("an index that another process has open for writing is not deleted")
    func lockedDeletion() async throws {
        let fixture = try await ServiceFixture.withIndex()
        try await fixture.put(#"{"key":"a","data":{"float32":[1,2]}}"#).expectFine()
        // Another service, which has not opened the index yet.
        await fixture.service.catalog.close()
        let folder = fixture.folder + "/other"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: fixture.folder + "/demo", toPath: folder + "/demo")
        let service = try ServiceFixture.open(folder)
        let index = #"{"vectorBucketName":"demo","indexName":"items"}"#
        do {
            let lock = try FolderLock(folder: folder + "/demo/items")
            defer { withExtendedLifetime(lock) {} }
            await service.call("DeleteIndex", index)
                .expect(
                    "ServiceUnavailableException", 503,
                    "Currently unable to handle the request: a file of this server is open for writing in process ")
            #expect(FileManager.default.fileExists(atPath: folder + "/demo/items/memvec.json"))
        }
        #expect(await service.call("ListVectors", index).keys == ["a"])
        try await service.call("DeleteIndex", index).expectFine()
        #expect(!FileManager.default.fileExists(atPath: folder + "/demo/items"))
        await service.catalog.close()
    }

    /// A collection as `memvec create` makes it.
    private func create(_ path: String) async throws {
        var options = OpenOptions()
        options.mapBytes = 1 << 30
        let configuration = try CollectionConfiguration(dimension: 2, metric: .euclidean)
        try await VectorCollection.create(at: path, configuration, options: options).close()
    }

    @Test("a folder with a collection that others made is a bucket like the others")
    func adoption() async throws {
        let fixture = try ServiceFixture()
        try await create(fixture.folder + "/books/novels")
        let listed = await fixture.call("ListVectorBuckets", "{}").list("vectorBuckets")
        #expect(listed.map { $0["vectorBucketName"]?.text } == [#""books""#])
        let made = listed.first?["creationTime"]?.double ?? 0
        #expect(abs(made - Date().timeIntervalSince1970) < 600)
        await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"books"}"#)
            .expect("ConflictException", 409, "A vector bucket with the specified name already exists")
        let index = #""vectorBucketName":"books","indexName":"novels""#
        try await fixture.call("PutVectors", "{\(index),\"vectors\":[{\"key\":\"a\",\"data\":{\"float32\":[1,2]}}]}")
            .expectFine()
        #expect(await fixture.call("ListVectors", "{\(index)}").keys == ["a"])
        // Its time stays, although the folder changes.
        try await create(fixture.folder + "/books/plays")
        let policy = #"{"vectorBucketName":"books","policy":"{}"}"#
        try await fixture.call("PutVectorBucketPolicy", policy).expectFine()
        let bucket = await fixture.call("GetVectorBucket", #"{"vectorBucketName":"books"}"#)
        #expect(bucket.body["vectorBucket"]?["creationTime"]?.double == made)
        #expect(await fixture.call("ListIndexes", #"{"vectorBucketName":"books"}"#).list("indexes").count == 2)
        await fixture.call("DeleteVectorBucket", #"{"vectorBucketName":"books"}"#)
            .expect("ConflictException", 409, "The specified vector bucket is not empty")
    }

    @Test("a collection in a folder that can be no bucket is never deleted, nor one under a name of no index")
    func outsiders() async throws {
        let fixture = try ServiceFixture()
        try await create(fixture.folder + "/my.books/novels")
        let arn = "arn:aws:s3vectors:us-east-1:123456789012:bucket/my.books/index/novels"
        #expect(await fixture.call("DeleteIndex", #"{"indexArn":"\#(arn)"}"#).status != 200)
        #expect(FileManager.default.fileExists(atPath: fixture.folder + "/my.books/novels/memvec.json"))
        try await fixture.call("CreateVectorBucket", #"{"vectorBucketName":"books"}"#).expectFine()
        try await create(fixture.folder + "/books/My_Novels")
        await fixture.call("DeleteVectorBucket", #"{"vectorBucketName":"books"}"#)
            .expect("ConflictException", 409, "The specified vector bucket is not empty: its folder holds My_Novels")
    }

    @Test(
        "paths of the server are left out of what clients are told",
        arguments: [
            ("/srv/v", "/srv/v/bkt/idx/g1/store/data.mdb: put failed: full", "a file of this server: put failed: full"),
            ("/srv/v", "refused, because /srv/v: open failed", "refused, because a file of this server: open failed"),
            ("/srv/v", "rename from /srv/v/.server/x", "rename from a file of this server"),
            ("/srv/v", "/srv/verses and /mnt/srv/v/x", "/srv/verses and /mnt/srv/v/x"),
            ("data", "data/bkt: (data/idx) of data", "a file of this server: (a file of this server) of data"),
            ("data", "the data is at s3vectors://data/idx", "the data is at s3vectors://data/idx"),
            ("", "any text", "any text"),
        ])
    func hiddenPaths(_ root: String, _ text: String, _ expected: String) {
        #expect(Service.hidingPaths(below: root, in: text) == expected)
    }
}
