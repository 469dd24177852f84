import Synchronization
import Tiers
import Vectors
import Workload

@testable import S3Vectors

/// S3 Vectors in memory behind ``HTTPSending``: one index, and faults by a script or by dice.
final class FakeService: HTTPSending {
    enum Fault: Sendable {
        case answer(Int, type: String, headers: [HTTPHeader] = [])
        case transport(TransportError)
        /// It is done, and the answer is lost.
        case appliedThenLost(TransportError)
        /// Status 200 and this body; nothing is done.
        case body(String)
        /// The right answer, cut in half; it is done.
        case truncated
    }

    struct State {
        var dimension = 4
        var vectors: [String: VectorOutput] = [:]
        var script: [Fault?] = []
        var dice: SplitMix64?
        var faultShare = 0.0
        var requests: [HTTPRequest] = []
        var underWay = 0
        var mostUnderWay = 0
        var pageLimit = 1000
        /// Takes requests and answers none.
        var isDown = false
    }

    let state = Mutex(State())
    /// Moved on by a timeout, when a test wants that.
    let clock: VirtualClock

    init(clock: VirtualClock = VirtualClock(passesByItself: true)) { self.clock = clock }

    static let target = IndexTarget(bucketName: "bucket", indexName: "index")

    func script(_ faults: [Fault?]) { state.withLock { $0.script += faults } }
    func throwDice(_ share: Double, seed: UInt64) {
        state.withLock { state in
            state.faultShare = share
            state.dice = SplitMix64(seed: seed)
        }
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var vectors: [String: VectorOutput] { state.withLock { $0.vectors } }
    func fill(_ count: Int) {
        state.withLock { state in
            for number in 0..<count {
                let key = "key-\(number)"
                state.vectors[key] = VectorOutput(
                    key: key, data: [Float(number), 1, 2, 3], metadata: .object([.init("n", .integer(Int64(number)))]))
            }
        }
    }

    func client(_ change: (inout S3VectorsClient.Parts) -> Void = { _ in }) -> S3VectorsClient {
        var parts = S3VectorsClient.Parts(
            endpoint: "https://s3vectors.test", region: "us-east-1",
            credentials: FixedCredentials(
                Credentials(accessKeyID: "ID", secretAccessKey: "secret", origin: "the test")),
            http: self, clock: clock, wallClock: { 1_767_323_045 })
        var settings = RetryGovernor.Settings()
        settings.seed = 7
        parts.governor = RetryGovernor(settings)
        change(&parts)
        return S3VectorsClient(parts)
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let fault = state.withLock { state in
            state.requests.append(request)
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            return next(&state)
        }
        defer { state.withLock { $0.underWay -= 1 } }
        if state.withLock({ $0.isDown }) {
            // tidy: allow(honest-tests) the clock is a virtual one
            do { try await clock.sleep(for: request.timeout) } catch { throw .cancelled }
            throw .timedOut
        }
        await Task.yield()
        switch fault {
        case nil: return answer(request)
        case .answer(let status, let type, let headers)?:
            return .text(
                #"{"message":"scripted"}"#, status: status, headers: headers + [.init("x-amzn-errortype", type)])
        case .transport(let error)?: throw error
        case .appliedThenLost(let error)?:
            _ = answer(request)
            throw error
        case .body(let text)?: return .text(text)
        case .truncated?:
            var response = answer(request)
            response.body.removeLast(response.body.count / 2 + 1)
            // Nothing at all would be an empty object.
            if response.body.isEmpty { response.body = Array("{".utf8) }
            return response
        }
    }

    private func next(_ state: inout State) -> Fault? {
        if !state.script.isEmpty { return state.script.removeFirst() }
        guard var dice = state.dice else { return nil }
        defer { state.dice = dice }
        guard dice.unit() < state.faultShare else { return nil }
        return switch dice.below(8) {
        case 0: .answer(429, type: "TooManyRequestsException")
        case 1: .answer(503, type: "ServiceUnavailableException")
        case 2: .transport(.timedOut)
        case 3: .transport(.connectionLost(message: "reset"))
        case 4: .appliedThenLost(.timedOut)
        case 5: .truncated
        case 6: .body("<html>not what you want</html>")
        default: .answer(500, type: "")
        }
    }

    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        do throws(ServiceError) {
            let body = try state.withLock { (state) throws(ServiceError) in try answer(request, &state) }
            return HTTPResponse(status: 200, body: body)
        } catch {
            return HTTPResponse(
                status: error.status, headers: [.init(ServiceError.typeHeader, error.code.rawValue)], body: error.body)
        }
    }

    private func answer(_ request: HTTPRequest, _ state: inout State) throws(ServiceError) -> [UInt8] {
        let body = request.body[...]
        do throws(WireError) {
            switch Operation.match(method: request.method, path: request.target.path)?.operation {
            case .putVectors:
                let put = try PutVectors.read(body)
                for vector in put.vectors {
                    state.vectors[vector.key] = VectorOutput(
                        key: vector.key, data: vector.data, metadata: vector.metadata)
                }
                return EmptyAnswer().body
            case .deleteVectors:
                for key in try DeleteVectors.read(body).keys { state.vectors[key] = nil }
                return EmptyAnswer().body
            case .getVectors:
                let get = try GetVectors.read(body)
                let found = get.keys.compactMap { state.vectors[$0] }.reversed().map { vector in
                    cut(vector, get.returnData, get.returnMetadata)
                }
                return GetVectors.Answer(vectors: found).body
            case .listVectors: return list(try ListVectors.read(body), state)
            case .queryVectors: return query(try QueryVectors.read(body), state)
            case .getIndex:
                return GetIndex.Answer(
                    vectorBucketName: "bucket", indexName: "index", indexArn: "arn", creationTime: 12.5,
                    dimension: state.dimension, distanceMetric: .euclidean,
                    metadataConfiguration: MetadataConfiguration(nonFilterableMetadataKeys: ["text"])
                ).body
            default: throw WireError.notAnObject(found: request.url)
            }
        } catch {
            throw ServiceError(error)
        }
    }

    private func cut(_ vector: VectorOutput, _ data: Bool?, _ metadata: Bool?) -> VectorOutput {
        VectorOutput(
            key: vector.key, data: data == true ? vector.data : nil,
            metadata: metadata == true ? vector.metadata ?? .object([]) : nil)
    }

    private func list(_ request: ListVectors, _ state: State) -> [UInt8] {
        let count = request.segmentCount ?? 1
        let index = request.segmentIndex ?? 0
        let keys = state.vectors.keys.filter { key in
            key.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF % count == index
                && request.nextToken.map { key > $0 } ?? true
        }.sorted()
        let page = keys.prefix(min(request.maxResults ?? 500, state.pageLimit))
        let vectors = page.compactMap { state.vectors[$0] }.map { cut($0, request.returnData, request.returnMetadata) }
        return ListVectors.Answer(vectors: vectors, nextToken: keys.count > page.count ? page.last : nil).body
    }

    private func query(_ request: QueryVectors, _ state: State) -> [UInt8] {
        let wanted = request.queryVector ?? []
        let scored = state.vectors.values.map { vector -> QueryVectors.Hit in
            var squares = 0.0
            for (a, b) in zip(vector.data ?? [], wanted) { squares += Double(a - b) * Double(a - b) }
            return QueryVectors.Hit(
                key: vector.key, distance: Float(squares.squareRoot()),
                metadata: request.returnMetadata == true ? vector.metadata ?? .object([]) : nil)
        }
        let hits = scored.sorted { ($0.distance ?? 0, $0.key) < ($1.distance ?? 0, $1.key) }.prefix(request.topK)
        let start = request.nextToken.flatMap { Int($0) } ?? 0
        let page = hits.dropFirst(start).prefix(100)
        let end = start + page.count
        return QueryVectors.Answer(
            vectors: Array(page), distanceMetric: .euclidean, nextToken: end < hits.count ? "\(end)" : nil
        ).body
    }
}
