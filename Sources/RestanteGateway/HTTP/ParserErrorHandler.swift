import NIOCore
import NIOHTTP1
import RestanteCore

/// Answers what is no HTTP, or too much of it, and ends the connection.
///
/// It stands behind NIO's pipelining handler, so that an answer under way is finished first.
final class ParserErrorHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answered: (_ status: UInt) -> Void
    private var hasFailed = false

    /// - Parameter answered: told of each answer, by its status.
    init(answered: @escaping (_ status: UInt) -> Void) {
        self.answered = answered
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !hasFailed { context.fireChannelRead(data) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            if !hasFailed { context.fireErrorCaught(error) }
            return
        }
        if hasFailed { return }
        hasFailed = true
        var answer = Self.answer(to: error)
        answer.closes = true
        answered(answer.status.code)
        context.write(answer, isHead: false, wrap: Self.wrapOutboundOut).whenComplete { _ in }
        context.triggerUserOutboundEvent(EndConnection(), promise: nil)
    }

    private static func answer(to error: HTTPParserError) -> HTTPAnswer {
        switch error {
        case .headerOverflow:
            .error(
                .requestHeaderFieldsTooLarge, .badRequest,
                "the head is longer than \(HTTPLimits.headBytes) bytes or \(HTTPLimits.fields) fields")
        default: .error(.badRequest, .badRequest, "this is no request of HTTP/1.1")
        }
    }
}

@available(*, unavailable)
extension ParserErrorHandler: Sendable {}
