internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import S3Vectors

/// Between Hummingbird and the service: collects bodies, copies headers.
struct Responder: HTTPResponder {
    typealias Context = BasicRequestContext

    let service: Service

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        var call = Self.call(request)
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if declared > Limits.bodyBytes {
            // Judged before a byte of it is read.
            call.isTooLarge = true
        } else {
            do {
                let body = try await request.body.collect(upTo: Limits.bodyBytes)
                call.body = Array(buffer: body)
            } catch is NIOTooManyBytesError {
                // Pieces have no length that could be judged before.
                call.isTooLarge = true
            }
        }
        return Self.response(await service.respond(to: call))
    }

    private static func call(_ request: Request) -> Call {
        let target = request.head.path ?? "/"
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        // Hummingbird keeps it apart; signatures cover it.
        if let host = request.head.authority { headers.append((name: "host", value: host)) }
        return Call(
            method: request.method.rawValue, path: String(target[..<mark]),
            query: String(target[mark...].dropFirst()), headers: headers)
    }

    private static func response(_ reply: Reply) -> Response {
        var fields = HTTPFields()
        for header in reply.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return Response(
            status: .init(code: reply.status), headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }
}
