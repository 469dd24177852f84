import Foundation
import S3Vectors
import Synchronization
import Testing

@testable import Text

private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

@Suite("hash")
struct HashEmbedderTests {
    @Test("matches words, of any case, and parts of them; gives length 1 whatever the text")
    func words() async throws {
        let embedder = HashEmbedder(dimension: 384)
        let texts = [
            "Pinned vectors in memory", "pinned VECTORS, in memory!", "vector memories", "quite other things", "", "日本",
        ]
        let vectors = try await embedder.embed(texts, as: .passage)
        #expect(vectors.allSatisfy { abs(cosine($0, $0) - 1) < 1e-5 })
        #expect(abs(cosine(vectors[0], vectors[1]) - 1) < 1e-6)
        #expect(cosine(vectors[0], vectors[2]) > 0.1 && abs(cosine(vectors[0], vectors[3])) < 0.1)
        #expect(embedder.tokenCount("one, two  three") == 3)
    }
}

@Suite("static tables")
struct StaticEmbedderTests {
    private let folder = TemporaryFolder()

    private func write(_ shape: String, _ values: [Float], vocabulary: String) throws {
        let header = #"{"embedding.weight":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,\#(4 * values.count)]}}"#
        var bytes = (0..<8).map { UInt8(header.utf8.count >> (8 * $0) & 255) } + Array(header.utf8)
        for value in values { for i in 0..<4 { bytes.append(UInt8(value.bitPattern >> (8 * UInt32(i)) & 255)) } }
        try Data(bytes).write(to: URL(filePath: folder.path + "/model.safetensors"))
        try Data(vocabulary.utf8).write(to: URL(filePath: folder.path + "/vocab.txt"))
    }

    private let vocabulary = "[UNK]\n[CLS]\n[SEP]\ncat\ndog\n##s\n"

    @Test("give the mean of the tokens' vectors, of length 1")
    func mean() async throws {
        try write("[6,2]", [9, 9, 9, 9, 9, 9, 3, 0, 0, 4, 0, 0], vocabulary: vocabulary)
        let embedder = try await Embedders.make("static:" + folder.path)
        let vectors = try await embedder.embed(["Cat dogs zebra", "cat", "zebra"], as: .passage)
        #expect(zip(vectors[0], [0.6, 0.8] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(vectors[1] == [1, 0] && vectors[2] == [1, 0])
        #expect(embedder.dimension == 2 && embedder.name.hasPrefix("static:"))
    }

    @Test("whose parts do not fit are refused")
    func broken() throws {
        try write("[5,2]", .init(repeating: 1, count: 10), vocabulary: vocabulary)
        #expect(throws: EmbedderError.self) { _ = try StaticEmbedder(folder: folder.path) }
        try write("[6,2]", .init(repeating: .nan, count: 12), vocabulary: vocabulary)
        #expect(throws: EmbedderError.self) { _ = try StaticEmbedder(folder: folder.path) }
        try write("[6,2]", .init(repeating: 1, count: 12), vocabulary: "cat\n")
        #expect(throws: EmbedderError.self) { _ = try StaticEmbedder(folder: folder.path) }
        #expect(throws: EmbedderError.self) { _ = try StaticEmbedder(folder: folder.path + "/none") }
    }
}

/// A server of embeddings that answers as it is told.
private final class StandIn: HTTPSending {
    let answers: Mutex<[(Int, String)]>
    let requests = Mutex<[HTTPRequest]>([])

    init(_ answers: [(Int, String)]) { self.answers = Mutex(answers) }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        requests.withLock { $0.append(request) }
        let (status, body) = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        let wait = status == 429 ? [HTTPHeader("Retry-After", "0")] : []
        return HTTPResponse(status: status, headers: wait, body: Array(body.utf8))
    }
}

@Suite("servers of embeddings")
struct HTTPEmbedderTests {
    private let probe = (200, #"{"data":[{"index":0,"embedding":[1,2]}]}"#)

    @Test("are asked as OpenAI's, with the key and the model; answers are put in order, and 429 is tried again")
    func asking() async throws {
        let server = StandIn([
            probe, (429, "slow down"),
            (200, #"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[5e-1,-6]}]}"#),
        ])
        let embedder = try await HTTPEmbedder(
            "http://host:1234/#nomic", environment: ["OPENAI_API_KEY": "secret"], http: server)
        #expect(embedder.dimension == 2 && embedder.name == "http:nomic")
        #expect(try await embedder.embed(["a", "b"], as: .passage) == [[0.5, -6], [3, 4]])
        let requests = server.requests.withLock { $0 }
        #expect(requests.count == 3 && requests[2].url == "http://host:1234/v1/embeddings")
        #expect(requests[2].headers.contains(HTTPHeader("authorization", "Bearer secret")))
        let body = String(decoding: requests[2].body, as: UTF8.self)
        #expect(body == #"{"input":["a","b"],"encoding_format":"float","model":"nomic"}"#)
    }

    @Test("may answer in base64")
    func base64() async throws {
        let server = StandIn([(200, #"{"data":[{"index":0,"embedding":"AAAAPwAAwMA="}]}"#)])
        let embedder = try await HTTPEmbedder("https://host/v1/embeddings", environment: [:], http: server)
        #expect(try await embedder.embed(["a"], as: .passage) == [[0.5, -6]])
    }

    @Test(
        "that answer something else are named",
        arguments: [
            (400, "no such model"), (200, "[]"), (200, #"{"data":[]}"#), (200, #"{"data":[{"embedding":["x"]}]}"#),
            (200, #"{"data":[{"index":7,"embedding":[1]}]}"#), (200, #"{"data":[{"index":0}]}"#),
        ])
    func failures(_ status: Int, _ body: String) async throws {
        let server = StandIn([probe, (status, body)])
        let embedder = try await HTTPEmbedder("http://host/v1", environment: [:], http: server)
        await #expect(throws: EmbedderError.self) { _ = try await embedder.embed(["a"], as: .query) }
        #expect(server.requests.withLock { $0.allSatisfy { !$0.headers.contains { $0.name == "authorization" } } })
        await #expect(throws: EmbedderError.self) {
            _ = try await HTTPEmbedder("ftp://host", environment: [:], http: server)
        }
    }
}
