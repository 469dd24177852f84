internal import NIOCore
internal import NIOHTTPTypes

/// Gives each request of a connection its time, from its head's arrival until its answer has gone out.
///
/// A request that does not come whole in time is answered so (its body ends with ``RequestTooSlow``), and its
/// connection is closed a little later. One whose answer is not taken in time loses its connection.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limit: TimeAmount
    /// For the answer that says so, and for a client that reads it.
    private static let parting = TimeAmount.seconds(5)
    private var requestCount = 0
    private var isReading = false
    private var isOver = false
    private var timer: Scheduled<Void>?

    init(_ limit: Duration) { self.limit = TimeAmount(limit) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            requestCount += 1
            // Requests that wait behind another get their time when it is their turn.
            if requestCount == 1 { start(limit, context) }
        case .body: break
        case .end:
            isReading = false
            // What was refused before it had come whole.
            if requestCount == 0 { timer?.cancel() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        let sent = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in
            let (handler, context) = bound.value
            handler.answered(context)
        }
        context.write(data, promise: sent)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func answered(_ context: ChannelHandlerContext) {
        requestCount -= 1
        guard !isOver else { return }
        timer?.cancel()
        // An answer to what has not come whole yet, such as a refusal of its size, ends the time of neither.
        if requestCount > 0 || isReading { start(limit, context) }
    }

    private func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { self.passed(context) }
    }

    private func passed(_ context: ChannelHandlerContext) {
        guard isReading, !isOver else {
            context.close(promise: nil)
            return
        }
        isOver = true
        start(Self.parting, context)
        context.fireErrorCaught(RequestTooSlow())
    }
}

@available(*, unavailable)
extension RequestDeadline: Sendable {}

/// A request did not come whole in the time that it has.
struct RequestTooSlow: Error {}
