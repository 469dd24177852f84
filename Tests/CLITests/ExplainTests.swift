import Foundation
import Testing

@Test("a query is explained candidate by candidate, with what was decided of those that are nowhere")
func explain() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(0)
    let lines = (0..<600).map { Lines.line($0, vector: "[\($0 % 25),\($0 / 25),1]") }.joined()
    _ = try await MemvecProcess.run("import", folder.collection, "-", "--index", "IVF4,PQ8", input: lines)
    let scan = try await MemvecProcess.run("explain", folder.collection, "--key", "k7")
    #expect(scan.status == 0 && scan.output.contains("a scan"))
    #expect(try await MemvecProcess.run("explain", folder.collection).status == 2)
    let near = folder.collection + "-near", address = "local:" + folder.collection
    _ = try await MemvecProcess.run("create", near, "--dimension", "3", "--cold", address)
    _ = try await MemvecProcess.run("attach", near, address, "--yes")
    let trained = try await MemvecProcess.run("train", near)
    #expect(trained.status == 0, "\(trained.errors)")
    for cache in ["warm", "heat"] { try FileManager.default.removeItem(atPath: "\(near)/g1/\(cache)") }
    let told = try await MemvecProcess.run("explain", near, "--key", "k7", "-k", "3", "--rows", "5")
    #expect(told.status == 0, "\(told.errors)")
    for part in ["index ", "at hand ", "decision ", "calibrating", "store ", "answer ", "more (--rows)"] {
        #expect(told.output.contains(part), "\(part) is not in \(told.output)")
    }
    let whole = try await MemvecProcess.run("explain", near, "--key", "k7", "-k", "3", "--json")
    let explanation = try #require(whole.objects.first?["explanation"] as? [String: Any])
    let candidates = try #require(explanation["candidates"] as? [[String: Any]])
    #expect(candidates.count == 200 && candidates.count { $0["hit"] as? Bool == true } == 3)
    #expect(candidates.allSatisfy { ($0["distance"] as? Double).map { $0 >= 0 } ?? false })
    #expect(candidates.first?["key"] as? String == "k7")
    let missing = candidates.count { $0["place"] as? String == "cold" }
    #expect(missing > 0 && missing == (whole.objects.first?["provenance"] as? [String: Any])?["missing"] as? Int)
}
