internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import S3Vectors

/// Tells a client that asks by `Expect: 100-continue` to send its body, as `curl` does before large ones: without the
/// answer it waits a second or so for each.
final class ContinueNotice: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Requests whose answers have not gone out.
    private var requestCount = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let request) = unwrapInboundIn(data) {
            requestCount += 1
            // Nothing may come into the answer before; and a body that is too large is refused unseen.
            if requestCount == 1, Self.asks(request) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPTypes.HTTPResponse(status: .continue))), promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { requestCount -= 1 }
        context.write(data, promise: promise)
    }

    private static func asks(_ request: HTTPTypes.HTTPRequest) -> Bool {
        let byteCount = request.headerFields[.contentLength].flatMap { Int($0) } ?? 0
        return request.headerFields[.expect]?.lowercased() == "100-continue" && byteCount <= Limits.bodyBytes
    }
}

@available(*, unavailable)
extension ContinueNotice: Sendable {}
