internal import S3Vectors
internal import Vectors

/// A server that speaks OpenAI's `/v1/embeddings`: Ollama, llama.cpp, vLLM, TEI, OpenAI itself.
///
/// The key is taken from `MEMVEC_EMBEDDER_KEY`, else `OPENAI_API_KEY`; without one none is sent.
struct HTTPEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = 512
    let batchSize = 64
    private let asking: Asking

    private static let timeout = Duration.seconds(60)
    private static let tries = 4

    /// What a call needs.
    private struct Asking: Sendable {
        let url: String
        let model: String?
        let key: String?
        let http: any HTTPSending
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
        let asking = Asking(url: url, model: parts.dropFirst().first, key: key, http: http)
        let probe = try await Self.ask(asking, ["dimension"])
        guard let first = probe.first, (1...4096).contains(first.count) else {
            throw .failed(embedder: url, problem: "its vectors have \(probe.first?.count ?? 0) values; 1 to 4,096 fit")
        }
        self.asking = asking
        dimension = first.count
        // The same model behind another address gives the same vectors.
        name = "http:" + (asking.model ?? url)
    }

    /// Four bytes a token is what English takes; an estimate that is rather too high.
    func tokenCount(_ text: String) -> Int { text.utf8.count / 4 + 1 }

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
        var problem = ""
        for attempt in 0..<tries {
            let answer: HTTPResponse
            do throws(TransportError) { answer = try await asking.http.send(request) } catch {
                problem = "\(error)"
                try await pause(attempt, nil, asking)
                continue
            }
            if answer.status == 200 { return try vectors(of: answer, count: texts.count, asking) }
            problem = "status \(answer.status): \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
            guard answer.status == 429 || answer.status >= 500 else { break }
            try await pause(attempt, answer.header("retry-after").flatMap { Double($0) }, asking)
        }
        throw .failed(embedder: asking.url, problem: problem)
    }

    /// Half a second, doubled each time, or what the server asks for, to a minute.
    private static func pause(_ attempt: Int, _ wanted: Double?, _ asking: Asking) async throws(EmbedderError) {
        guard attempt + 1 < tries else { return }
        let usual = 0.5 * Double(1 << attempt) * Double.random(in: 0.5...1)
        do { try await Task.sleep(for: .seconds(min(60, max(0, wanted ?? usual)))) } catch {
            throw .failed(embedder: asking.url, problem: "it was cancelled")
        }
    }

    private static func vectors(
        of answer: HTTPResponse, count: Int, _ asking: Asking
    ) throws(EmbedderError) -> [[Float]] {
        guard let value = try? JSONValue(bytes: answer.body), case .array(let items)? = value["data"],
            items.count == count
        else { throw .failed(embedder: asking.url, problem: "its answer does not hold \(count) vectors in data") }
        var out = [[Float]](repeating: [], count: count)
        for (position, item) in items.enumerated() {
            var place = position
            if case .integer(let index)? = item["index"] { place = Int(index) }
            guard out.indices.contains(place), out[place].isEmpty, case .array(let numbers)? = item["embedding"] else {
                throw .failed(embedder: asking.url, problem: "item \(position) of its answer has no embedding")
            }
            let values = numbers.compactMap { $0.double.map { Float($0) } }
            guard values.count == numbers.count, values.allSatisfy(\.isFinite), !values.isEmpty else {
                throw .failed(embedder: asking.url, problem: "item \(position) of its answer is no vector")
            }
            out[place] = values
        }
        return out
    }
}
