import Synchronization
import Workload

@testable import S3Vectors

/// Plain S3 in memory behind ``HTTPSending``: objects, ranges, conditions; and faults by dice.
final class FakeBucket: HTTPSending {
    struct State {
        var objects: [String: Object] = [:]
        var writeCount = 0
        /// Of the server's clock.
        var now = 1_767_323_045.0
        /// Names of one page of a listing.
        var pageLimit = 3
        /// Given instead of the right ones, first to last.
        var answers: [HTTPResponse] = []
        /// As some servers do.
        var ignoresConditions = false
        /// As Ceph's gateway does: If-Match names a tag without its quotes.
        var comparesBareTags = false
        var requests: [HTTPRequest] = []
        var dice: SplitMix64?
        var faultShare = 0.0
        /// Runs once, before the next conditional write is judged.
        var beforeWrite: (@Sendable (inout State) -> Void)?
    }

    struct Object {
        var bytes: [UInt8]
        var etag: String
        var modifiedAt: Double
    }

    let state = Mutex(State())

    var objects: [String: [UInt8]] { state.withLock { $0.objects.mapValues { $0.bytes } } }
    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        await Task.yield()
        let (response, error) = state.withLock { state -> (HTTPResponse?, TransportError?) in
            state.requests.append(request)
            if !state.answers.isEmpty { return (state.answers.removeFirst(), nil) }
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
            if !state.ignoresConditions {
                if let refused = refusal(of: request, known, state) { return refused }
            }
            state.writeCount += 1
            let etag = "\"\(state.writeCount)\""
            state.objects[name] = Object(bytes: request.body, etag: etag, modifiedAt: state.now)
            return HTTPResponse(status: 200, headers: [.init("ETag", etag)])
        case "DELETE":
            state.objects[name] = nil
            return HTTPResponse(status: 204)
        case "GET" where !request.target.query.isEmpty: return listing(request.target.query, state)
        default:
            guard let object = state.objects[name] else { return refusal(404, "NoSuchKey") }
            let bytes = object.bytes
            let headers = [HTTPHeader("ETag", object.etag)]
            if request.header("if-none-match") == object.etag { return HTTPResponse(status: 304, headers: headers) }
            guard let range = request.header("range") else {
                return HTTPResponse(status: 200, headers: headers, body: bytes)
            }
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            guard ends.count == 2, ends[0] < bytes.count else { return refusal(416, "InvalidRange") }
            return HTTPResponse(
                status: 206, headers: headers, body: Array(bytes[ends[0]...min(ends[1], bytes.count - 1)]))
        }
    }

    /// Why a write under a condition does not happen.
    private func refusal(of request: HTTPRequest, _ known: Object?, _ state: State) -> HTTPResponse? {
        let tag = state.comparesBareTags ? known?.etag.filter { $0 != "\"" } : known?.etag
        if let wanted = request.header("if-match"), wanted != tag {
            return refusal(known == nil ? 404 : 412, known == nil ? "NoSuchKey" : "PreconditionFailed")
        }
        if request.header("if-none-match") == "*", known != nil { return refusal(412, "PreconditionFailed") }
        return nil
    }

    private func listing(_ query: String, _ state: State) -> HTTPResponse {
        let pairs = PercentCoding.pairs(ofQuery: query) ?? []
        func value(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
        let names = state.objects.keys.filter { name in
            name.hasPrefix(value("prefix") ?? "") && value("continuation-token").map { name > $0 } ?? true
        }.sorted()
        let page = names.prefix(state.pageLimit)
        let contents = page.map { name in
            let time = Timestamp.text(state.objects[name]?.modifiedAt ?? 0)
            return "<Contents><Key>\(name)</Key><LastModified>\(time)</LastModified></Contents>"
        }
        let isLast = page.count == names.count
        let text =
            "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>\(!isLast)</IsTruncated>" + contents.joined()
            + (isLast ? "" : "<NextContinuationToken>\(page.last ?? "")</NextContinuationToken>")
            + "</ListBucketResult>"
        return .text(text, headers: [.init("Date", Self.httpDate(state.now))])
    }

    private static func httpDate(_ seconds: Double) -> String {
        let parts = Timestamp.text(seconds).split { "-TZ".contains($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "Thu, \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) \(parts[3]) GMT"
    }
}
