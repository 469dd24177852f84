import Synchronization
import Workload

@testable import S3Vectors

/// Plain S3 in memory behind ``HTTPSending``: objects, ranges, conditions; and faults by dice.
final class FakeBucket: HTTPSending {
    struct State {
        var objects: [String: (bytes: [UInt8], etag: String)] = [:]
        var writeCount = 0
        var requests: [HTTPRequest] = []
        var dice: SplitMix64?
        var faultShare = 0.0
        /// Runs once, before the next conditional write is judged.
        var beforeWrite: (@Sendable (inout State) -> Void)?
    }

    let state = Mutex(State())

    var objects: [String: [UInt8]] { state.withLock { $0.objects.mapValues { $0.bytes } } }
    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func bucket() -> ObjectBucket {
        ObjectBucket(
            bucket: "bucket",
            AWSSettings(region: "us-east-1", endpoint: "http://127.0.0.1:1", isEndpointSet: true),
            credentials: FixedCredentials(.init(accessKeyID: "ID", secretAccessKey: "s", origin: "test")), http: self,
            wallClock: { 1_767_323_045 })
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        await Task.yield()
        let (response, error) = state.withLock { state -> (HTTPResponse?, TransportError?) in
            state.requests.append(request)
            var isLost = false
            if var dice = state.dice {
                let isFaulty = dice.unit() < state.faultShare
                let kind = dice.below(4)
                state.dice = dice
                if isFaulty {
                    switch kind {
                    case 0: return (.text("<Error><Code>SlowDown</Code></Error>", status: 503), nil)
                    case 1: return (.text("<Error><Code>InternalError</Code></Error>", status: 500), nil)
                    case 2: return (nil, .timedOut)
                    default: isLost = true
                    }
                }
            }
            let response = answer(request, &state)
            return isLost ? (nil, .connectionLost(message: "reset")) : (response, nil)
        }
        if let response { return response }
        throw error ?? .timedOut
    }

    private func refusal(_ status: Int, _ code: String) -> HTTPResponse {
        .text("<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>no</Message></Error>", status: status)
    }

    private func answer(_ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
        let name = String(request.target.path.dropFirst("/bucket/".count))
        guard request.target.path.hasPrefix("/bucket/") else { return refusal(404, "NoSuchBucket") }
        switch request.method {
        case "PUT":
            if request.header("if-match") != nil, let change = state.beforeWrite {
                state.beforeWrite = nil
                change(&state)
            }
            let known = state.objects[name]
            if let wanted = request.header("if-match"), wanted != known?.etag {
                return refusal(known == nil ? 404 : 412, known == nil ? "NoSuchKey" : "PreconditionFailed")
            }
            if request.header("if-none-match") == "*", known != nil { return refusal(412, "PreconditionFailed") }
            state.writeCount += 1
            let etag = "\"\(state.writeCount)\""
            state.objects[name] = (request.body, etag)
            return HTTPResponse(status: 200, headers: [.init("ETag", etag)])
        case "DELETE":
            state.objects[name] = nil
            return HTTPResponse(status: 204)
        default:
            guard let (bytes, etag) = state.objects[name] else { return refusal(404, "NoSuchKey") }
            let headers = [HTTPHeader("ETag", etag)]
            if request.header("if-none-match") == etag { return HTTPResponse(status: 304, headers: headers) }
            guard let range = request.header("range") else {
                return HTTPResponse(status: 200, headers: headers, body: bytes)
            }
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            guard ends.count == 2, ends[0] < bytes.count else { return refusal(416, "InvalidRange") }
            return HTTPResponse(
                status: 206, headers: headers, body: Array(bytes[ends[0]...min(ends[1], bytes.count - 1)]))
        }
    }
}
