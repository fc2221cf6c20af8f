import NIOCore
import NIOWebSocket

/// Turns whole WebSocket messages into bytes: of the one type that the subprotocol uses, and UTF-8 if that is text.
///
/// It stands after NIO's aggregator, whose errors it turns into a closing handshake: nobody else would.
final class MessageGuard: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = [UInt8]

    private let expected: WebSocketOpcode

    /// - Parameter expected: `.text` or `.binary`.
    init(expected: WebSocketOpcode) {
        self.expected = expected
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        guard frame.opcode == expected else {
            close(context, 1003, expected == .text ? "this subprotocol is text" : "this subprotocol is binary")
            return
        }
        let bytes = frame.unmaskedBytes
        guard expected != .text || UTF8Check.isValid(bytes) else {
            close(context, 1007, "text is not UTF-8")
            return
        }
        context.fireChannelRead(Self.wrapInboundOut(bytes))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketFrameAggregator.Error else {
            context.fireErrorCaught(error)
            return
        }
        switch error {
        case .accumulatedFrameSizeIsTooLarge: close(context, 1009, "message is too large")
        case .tooManyFragments, .nonFinalFragmentSizeIsTooSmall: close(context, 1008, "message is in too many pieces")
        case .receivedNewFrameWithoutFinishingPrevious, .didReceiveFragmentBeforeReceivingTextOrBinaryFrame:
            close(context, 1002, "fragments are out of order")
        }
    }

    private func close(_ context: ChannelHandlerContext, _ code: UInt16, _ reason: String) {
        context.triggerUserOutboundEvent(CloseWebSocket(code: code, reason: reason), promise: nil)
    }
}

@available(*, unavailable)
extension MessageGuard: Sendable {}
