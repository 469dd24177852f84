internal import S3Vectors
internal import Vectors

/// Requests that are sent again where the server is too busy, broken or not to be reached.
struct PatientSending: Sendable {
    /// Why an attempt brought no answer.
    enum Failure: Error {
        /// It may go well a moment later.
        case passing(String)
        case lasting(String)
    }

    /// Named in errors.
    let embedder: String
    let attempt: @Sendable (HTTPRequest) async throws(Failure) -> HTTPResponse

    private static let tries = 4
    private static let longestPause = 60.0

    /// The body of the answer, whose status was 200.
    ///
    /// - Throws: ``EmbedderError/failed(embedder:problem:)``.
    func answer(to request: HTTPRequest) async throws(EmbedderError) -> JSONValue {
        var problem = ""
        for attemptNumber in 0..<Self.tries {
            var wanted: Double?
            do throws(Failure) {
                let answer = try await attempt(request)
                if answer.status == 200 { return try json(answer) }
                problem = "status \(answer.status): \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
                guard answer.status == 429 || answer.status >= 500 else { break }
                wanted = answer.header("retry-after").flatMap { Double($0) }
            } catch {
                switch error {
                case .passing(let text): problem = text
                case .lasting(let text): throw .failed(embedder: embedder, problem: text)
                }
            }
            if attemptNumber + 1 < Self.tries { try await pause(attemptNumber, wanted) }
        }
        throw .failed(embedder: embedder, problem: problem)
    }

    private func json(_ answer: HTTPResponse) throws(Failure) -> JSONValue {
        do { return try JSONValue(bytes: answer.body) } catch { throw .lasting("its answer is not JSON") }
    }

    /// Half a second, doubled each time, or what the server asks for, to a minute.
    private func pause(_ attemptNumber: Int, _ wanted: Double?) async throws(EmbedderError) {
        let usual = 0.5 * Double(1 << attemptNumber) * Double.random(in: 0.5...1)
        var seconds = usual
        if let wanted, wanted >= 0 { seconds = min(Self.longestPause, wanted) }
        do { try await Task.sleep(for: .seconds(seconds)) } catch {
            throw .failed(embedder: embedder, problem: "it was cancelled")
        }
    }
}

extension PatientSending {
    /// Sends requests as they are.
    init(embedder: String, http: any HTTPSending) {
        self.init(embedder: embedder) { (request) async throws(Failure) in
            do throws(TransportError) { return try await http.send(request) } catch {
                throw error == .cancelled ? .lasting("it was cancelled") : .passing("\(error)")
            }
        }
    }
}
