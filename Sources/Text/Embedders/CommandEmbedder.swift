internal import Dispatch
internal import S3Vectors
internal import Synchronization
internal import Vectors

/// A program of the user's that embeds: it reads a line of JSON a text, `{"text": "...", "form": "query"}` (or
/// `passage`), and writes an array of numbers a line, in the same order and at once.
///
/// It is started once and talked to by one call at a time. One that failed is ended, and the next call starts it anew.
final class CommandEmbedder: Embedder {
    let name: String
    let dimension: Int
    let longestInput = TokenEstimate.longestInput
    let batchSize = 64
    private let talk: Talk

    /// Starts the program and has it embed one text, to learn how long its vectors are.
    ///
    /// - Parameters:
    ///   - line: the program and its arguments, as a shell would split them.
    ///   - timeout: how long it may take for a line.
    /// - Throws: ``EmbedderError/failed(embedder:problem:)``.
    init(_ line: String, timeout: Duration = .seconds(60)) async throws(EmbedderError) {
        name = "command:" + line
        guard let words = ShellWords.split(line), !words.isEmpty else {
            throw .failed(embedder: name, problem: "a quote is not closed, or no program is named")
        }
        talk = Talk(words, embedder: name, timeout: timeout)
        let probe = try await talk.embed(["dimension"], as: .passage, dimension: nil)
        dimension = probe.first?.count ?? 0
    }

    func tokenCount(_ text: String) -> Int { TokenEstimate.count(text) }

    func embed(_ texts: [String], as form: TextForm) async throws(EmbedderError) -> [[Float]] {
        if texts.isEmpty { return [] }
        return try await talk.embed(texts, as: form, dimension: dimension)
    }
}

/// The program and what is said to it.
private final class Talk: Sendable {
    private let words: [String]
    private let embedder: String
    private let timeout: Duration
    /// Calls wait for one another here, and not on the threads of tasks.
    private let queue = DispatchQueue(label: "memvec.command")
    private let conversation = Mutex<LineConversation?>(nil)

    init(_ words: [String], embedder: String, timeout: Duration) {
        self.words = words
        self.embedder = embedder
        self.timeout = timeout
    }

    /// - Parameter dimension: of each vector; nil: any that fits.
    func embed(_ texts: [String], as form: TextForm, dimension: Int?) async throws(EmbedderError) -> [[Float]] {
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.embedNow(texts, form, dimension)) }
        }
        return try result.get()
    }

    private func embedNow(
        _ texts: [String], _ form: TextForm, _ dimension: Int?
    ) -> Result<[[Float]], EmbedderError> {
        conversation.withLock { conversation in
            do throws(ProgramFailure) {
                if conversation == nil { conversation = LineConversation(try Program(words), timeout: timeout) }
                let lines = texts.map { Self.line($0, form) }
                let answers = try conversation?.exchange(lines) ?? []
                return .success(try Self.vectors(answers, dimension))
            } catch {
                let last = conversation.map { Self.quoted($0.lastLine) } ?? ""
                conversation?.program.kill()
                conversation = nil
                return .failure(.failed(embedder: embedder, problem: error.problem + last))
            }
        }
    }

    private static func line(_ text: String, _ form: TextForm) -> [UInt8] {
        let members = [JSONValue.Member("text", .string(text)), .init("form", .string(form.rawValue))]
        return Array(JSONValue.object(members).text.utf8)
    }

    private static func vectors(_ lines: [[UInt8]], _ dimension: Int?) throws(ProgramFailure) -> [[Float]] {
        var vectors: [[Float]] = []
        for line in lines {
            guard let value = try? JSONValue(bytes: line), let vector = EmbeddingValues.read(value) else {
                throw ProgramFailure(problem: "line \(vectors.count + 1) of \(lines.count) is no array of numbers")
            }
            guard dimension == nil ? EmbeddingValues.dimensions.contains(vector.count) : vector.count == dimension
            else {
                let wanted = dimension.map { "\($0)" } ?? "1 to 4,096"
                throw ProgramFailure(problem: "a vector has \(vector.count) values, not \(wanted)")
            }
            vectors.append(vector)
        }
        return vectors
    }

    private static func quoted(_ line: [UInt8]?) -> String {
        guard let line else { return "; it has written no line" }
        let text = String(decoding: line.prefix(200), as: UTF8.self) + (line.count > 200 ? "..." : "")
        return "; its last line was \(JSONValue.string(text).text)"
    }
}
