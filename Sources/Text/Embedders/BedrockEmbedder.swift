internal import S3Vectors
internal import Vectors

/// Models of Amazon Bedrock that embed: Titan (one text a call) and Cohere (96).
///
/// Keys, region and endpoint are found as AWS's tools find them; `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` names another
/// server.
struct BedrockEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = TokenEstimate.longestInput
    let batchSize: Int
    private let model: Model

    /// Asks the model for one vector, to learn how long they are.
    ///
    /// - Parameter id: the id of a model, an inference profile's, or the ARN of one.
    /// - Throws: ``EmbedderError/failed(embedder:problem:)``.
    init(_ id: String, access: ServiceAccess) async throws(EmbedderError) {
        name = "bedrock:" + id
        guard let family = Family(id) else {
            throw .failed(embedder: name, problem: "models of the kinds titan-embed-text and cohere.embed can be asked")
        }
        model = Model(id: id, family: family, embedder: name, access: access)
        batchSize = family.textsAtOnce * Model.callsAtOnce
        let probe = try await model.ask(["dimension"], as: .passage)
        guard let first = probe.first, EmbeddingValues.dimensions.contains(first.count) else {
            throw .failed(
                embedder: name, problem: "its vectors have \(probe.first?.count ?? 0) values; 1 to 4,096 fit")
        }
        dimension = first.count
    }

    func tokenCount(_ text: String) -> Int { TokenEstimate.count(text) }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        let vectors = try await model.askAll(texts, as: form)
        guard vectors.allSatisfy({ $0.count == dimension }) else {
            throw .failed(embedder: name, problem: "vectors of several lengths")
        }
        return vectors
    }
}

/// How a kind of model is asked.
private enum Family {
    case titan
    /// The longest text that it takes, in characters; nil where the model cuts by itself.
    case cohere(characterLimit: Int?)

    init?(_ id: String) {
        if id.contains("titan-embed-text") {
            self = .titan
        } else if id.contains("cohere.embed") {
            // The third generation refuses a longer text even where it is asked to truncate.
            self = .cohere(characterLimit: id.contains("-v3") ? 2048 : nil)
        } else {
            return nil
        }
    }

    var textsAtOnce: Int { if case .titan = self { 1 } else { 96 } }

    func body(_ texts: [String], as form: TextForm) -> JSONValue {
        switch self {
        case .titan: return .object([.init("inputText", .string(texts.first ?? ""))])
        case .cohere(let limit):
            let cut = texts.map { text in
                guard let limit, text.unicodeScalars.count > limit else { return text }
                return String(text.unicodeScalars.prefix(limit))
            }
            return .object([
                .init("texts", .array(cut.map { .string($0) })),
                .init("input_type", .string(form == .query ? "search_query" : "search_document")),
                .init("truncate", .string("END")),
            ])
        }
    }

    /// Nil where the answer has another form.
    func vectors(_ answer: JSONValue) -> [[Float]]? {
        let items: [JSONValue]
        switch (self, answer["embedding"], answer["embeddings"]) {
        case (.titan, let item?, _): items = [item]
        case (.cohere, _, .array(let all)?): items = all
        case (.cohere, _, let kinds?):
            guard case .array(let all)? = kinds["float"] else { return nil }
            items = all
        default: return nil
        }
        let vectors = items.compactMap { EmbeddingValues.read($0) }
        return vectors.count == items.count ? vectors : nil
    }
}

/// A model and the way to it.
private struct Model: Sendable {
    static let callsAtOnce = 8
    private static let timeout = Duration.seconds(60)

    private let family: Family
    private let embedder: String
    private let url: String
    private let sending: PatientSending

    init(id: String, family: Family, embedder: String, access: ServiceAccess) {
        self.family = family
        self.embedder = embedder
        url = "\(access.settings.endpoint)/model/\(PercentCoding.encoded(id))/invoke"
        sending = PatientSending(embedder: embedder) { (request) async throws(PatientSending.Failure) in
            do throws(ServiceAccess.Failure) { return try await access.send(request) } catch {
                switch error {
                case .transport(.cancelled): throw .lasting("it was cancelled")
                case .credentials(let error) where !error.isRetryable: throw .lasting("\(error)")
                default: throw .passing("\(error)")
                }
            }
        }
    }

    private struct Done {
        let number: Int
        let result: Result<[[Float]], EmbedderError>
    }

    /// Any number of texts, some calls at once.
    func askAll(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        let parts = stride(from: 0, to: texts.count, by: family.textsAtOnce).map {
            Array(texts[$0..<min($0 + family.textsAtOnce, texts.count)])
        }
        let (vectors, failure) = await withTaskGroup(of: Done.self) { group in
            var vectors = [[[Float]]](repeating: [], count: parts.count), failure: EmbedderError?
            for (number, part) in parts.enumerated() {
                if number >= Self.callsAtOnce, let done = await group.next() { take(done) }
                if failure != nil { break }
                group.addTask { Done(number: number, result: await result(part, as: form)) }
            }
            if failure != nil { group.cancelAll() }
            while let done = await group.next() { take(done) }
            return (vectors, failure)

            func take(_ done: Done) {
                switch done.result {
                case .success(let part): vectors[done.number] = part
                // What follows is that the others are cancelled.
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
        return vectors.flatMap { $0 }
    }

    private func result(_ texts: [String], as form: TextForm) async -> Result<[[Float]], EmbedderError> {
        do throws(EmbedderError) { return .success(try await ask(texts, as: form)) } catch { return .failure(error) }
    }

    /// One call.
    func ask(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        let request = HTTPRequest(
            "POST", url,
            headers: [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "application/json")],
            body: Array(family.body(texts, as: form).text.utf8), timeout: Self.timeout)
        let answer = try await sending.answer(to: request)
        guard let vectors = family.vectors(answer), vectors.count == texts.count else {
            throw .failed(embedder: embedder, problem: "its answer does not hold \(texts.count) vectors")
        }
        return vectors
    }
}
