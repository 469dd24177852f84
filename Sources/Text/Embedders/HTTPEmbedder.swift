internal import S3Vectors
internal import Vectors

/// A server that speaks OpenAI's `/v1/embeddings`: Ollama, llama.cpp, vLLM, TEI, OpenAI itself.
///
/// The key is taken from `MEMVEC_EMBEDDER_KEY`, else `OPENAI_API_KEY`; without one none is sent.
struct HTTPEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = TokenEstimate.longestInput
    let batchSize = 64
    private let asking: Asking

    private static let timeout = Duration.seconds(60)

    /// What a call needs.
    private struct Asking: Sendable {
        let url: String
        let model: String?
        let key: String?
        let sending: PatientSending
    }

    /// Asks the server for one vector, to learn how long they are.
    ///
    /// - Parameter address: the server's, with or without `/v1/embeddings`; `#MODEL` behind it names the model.
    /// - Throws: ``EmbedderError/failed(embedder:problem:)``.
    init(
        _ address: String, environment: [String: String], http: any HTTPSending
    ) async throws(EmbedderError) {
        let parts = address.split(separator: "#", maxSplits: 1).map(String.init)
        var url = parts.first ?? ""
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw .failed(embedder: "http:\(address)", problem: "it is no address that begins with http:// or https://")
        }
        if !url.hasSuffix("/embeddings") { url += url.hasSuffix("/v1") ? "/embeddings" : "/v1/embeddings" }
        let key = ["MEMVEC_EMBEDDER_KEY", "OPENAI_API_KEY"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let asking = Asking(
            url: url, model: parts.dropFirst().first, key: key, sending: PatientSending(embedder: url, http: http))
        let probe = try await Self.ask(asking, ["dimension"])
        guard let first = probe.first, EmbeddingValues.dimensions.contains(first.count) else {
            throw .failed(embedder: url, problem: "its vectors have \(probe.first?.count ?? 0) values; 1 to 4,096 fit")
        }
        self.asking = asking
        dimension = first.count
        // The same model behind another address gives the same vectors.
        name = "http:" + (asking.model ?? url)
    }

    func tokenCount(_ text: String) -> Int { TokenEstimate.count(text) }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        var out: [[Float]] = []
        for start in stride(from: 0, to: texts.count, by: batchSize) {
            out += try await Self.ask(asking, Array(texts[start..<min(start + batchSize, texts.count)]))
        }
        guard out.allSatisfy({ $0.count == dimension }) else {
            throw .failed(embedder: asking.url, problem: "vectors of several lengths")
        }
        return out
    }

    private static func ask(_ asking: Asking, _ texts: [String]) async throws(EmbedderError) -> [[Float]] {
        var members: [JSONValue.Member] = [
            .init("input", .array(texts.map { .string($0) })), .init("encoding_format", .string("float")),
        ]
        if let model = asking.model { members.append(.init("model", .string(model))) }
        var request = HTTPRequest(
            "POST", asking.url, headers: [HTTPHeader("content-type", "application/json")],
            body: Array(JSONValue.object(members).text.utf8), timeout: timeout)
        if let key = asking.key { request.headers.append(HTTPHeader("authorization", "Bearer " + key)) }
        request.usesProxy = !(Endpoint.host(asking.url).map { Endpoint.isLoopback($0) } ?? false)
        return try vectors(of: await asking.sending.answer(to: request), count: texts.count, asking)
    }

    private static func vectors(
        of answer: JSONValue, count: Int, _ asking: Asking
    ) throws(EmbedderError) -> [[Float]] {
        guard case .array(let items)? = answer["data"], items.count == count else {
            throw .failed(embedder: asking.url, problem: "its answer does not hold \(count) vectors in data")
        }
        var out = [[Float]](repeating: [], count: count)
        for (position, item) in items.enumerated() {
            var place = position
            if case .integer(let index)? = item["index"] { place = Int(index) }
            guard out.indices.contains(place), out[place].isEmpty, let values = EmbeddingValues.read(item["embedding"])
            else {
                throw .failed(embedder: asking.url, problem: "item \(position) of its answer is no vector")
            }
            out[place] = values
        }
        return out
    }
}
