import NIOCore

/// Says that the peer is heard, with every read of the socket.
final class HearingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let heard: () -> Void

    init(heard: @escaping () -> Void) {
        self.heard = heard
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard()
        context.fireChannelRead(data)
    }
}

@available(*, unavailable)
extension HearingHandler: Sendable {}
