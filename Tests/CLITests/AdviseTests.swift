import Foundation
import MemVec
import Testing
import Vectors
import Workload

@Test("advise wants traffic first, and then tells each size in a row")
func advising() async throws {
    let folder = try TemporaryFolder()
    try await folder.filled(400)
    let early = try await MemvecProcess.run("advise", folder.collection)
    #expect(early.status == 1 && early.errors.contains("has seen 0 queries that count as use; 100 are needed"))
    var options = OpenOptions()
    options.mapBytes = 1 << 30
    options.changes = ["ram-budget": "480B"]
    let collection = try await VectorCollection.open(at: folder.collection, options: options)
    var random = SplitMix64(seed: 2)
    let zipf = Zipf(count: 400, exponent: 0.99)
    for _ in 0..<300 { _ = try await collection.query([Float(zipf.draw(&random)), 1, 0.5], k: 3) }
    try await collection.close()
    let told = try await MemvecProcess.run("advise", folder.collection, "--steps", "5,50", "--json")
    let outlooks = try #require(told.objects.first?["outlooks"] as? [[String: Any]], "\(told.errors)")
    #expect(outlooks.map { $0["name"] as? String } == ["as it is", "RAM -5 %", "RAM +5 %", "RAM +50 %"])
    let shares = outlooks.compactMap { $0["ram"] as? Double }
    #expect(shares.count == 4 && shares[1] < shares[0] && shares[0] < shares[2] && shares[2] < shares[3])
    #expect(outlooks[0]["ramRows"] as? Int == 40 && told.objects.first?["queriesSeen"] as? Double == 300)
    let text = try await MemvecProcess.run("advise", folder.collection).output
    #expect(text.hasPrefix("400 vectors of 12 B; foretold from the last 300 queries\n\n") && text.contains("RAM +20 %"))
    let wrong = try await MemvecProcess.run("advise", folder.collection, "--steps", "0")
    #expect(wrong.status == 2 && wrong.errors.contains("--steps: \"0\""))
}
