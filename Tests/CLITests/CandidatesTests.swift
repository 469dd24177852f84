import Foundation
import Testing

@Test("candidates are told row by row with their estimates, and the snapshot with what has changed since")
func candidates() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(0)
    let none = try await MemvecProcess.run("candidates", folder.collection, "--snapshot")
    #expect(none.status == 2 && none.errors.contains("train it"))
    let lines = (0..<600).map { Lines.line($0, vector: "[\($0 % 25),\($0 / 25),1]") }.joined()
    _ = try await MemvecProcess.run("import", folder.collection, "-", "--index", "IVF4,PQ8", input: lines)
    #expect(try await MemvecProcess.run("train", folder.collection).status == 0)
    _ = try await MemvecProcess.run("delete", folder.collection, "k3")
    _ = try await MemvecProcess.run("import", folder.collection, "-", input: Lines.line(5, vector: "[0.1,0,1]"))
    let file = try folder.write("q.jsonl", "{\"vector\":[0,0,1]}\n")
    let told = try await MemvecProcess.run(
        "candidates", folder.collection, "--queries", file, "--nprobe", "4", "--count", "600")
    let rows = try #require(told.objects.first?["rows"] as? [Int])
    let estimates = try #require(told.objects.first?["estimates"] as? [Double])
    // 600 less the deleted one; the row of the overwrite in place of the old one.
    #expect(rows.count == 599 && Set(rows).count == 599 && !rows.contains(3) && !rows.contains(5) && rows.contains(600))
    #expect(estimates == estimates.sorted() && estimates.count == 599)
    let snapshot = try await MemvecProcess.run("candidates", folder.collection, "--snapshot")
    #expect((snapshot.objects.first?["changedRows"] as? [Int]) == [3, 5, 600], "\(snapshot.output)")
    let path = try #require(snapshot.objects.first?["path"] as? String)
    #expect(FileManager.default.fileExists(atPath: path))
}
