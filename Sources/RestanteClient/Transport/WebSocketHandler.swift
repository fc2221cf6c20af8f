import NIOCore
import NIOWebSocket
import RestanteWire

/// Turns WebSocket frames into whole messages for the core, answers pings, and does the closing handshake.
///
/// Runs on the event loop of its channel, which is the core's too.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let core: ClientCore
    private var closeCode: UInt16?
    private var closeSent = false
    private var isOver = false

    init(core: ClientCore) { self.core = core }

    func handlerAdded(context: ChannelHandlerContext) {
        core.opened(context.channel, handler: self)
        // A server that is killed right after its 101 is gone before this handler is here to be told so.
        if !context.channel.isActive { ended() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .binary: core.received([UInt8](buffer: frame.unmaskedData))
        case .ping: answerPing(context, frame.unmaskedData)
        case .connectionClose: answerClose(context, frame.unmaskedData)
        case .pong: break
        // Text is not what this subprotocol speaks (RFC 6455 §7.4.1: 1003).
        default: close(context.channel, code: 1003)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    /// Tells the core once: the next connection may have begun by the second time.
    private func ended() {
        guard !isOver else { return }
        isOver = true
        core.disconnected(.closed(code: closeCode))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOWebSocketError: close(context.channel, code: error == .invalidFrameLength ? 1009 : 1002)
        default: context.close(promise: nil)
        }
    }

    /// Writes one message.
    func write(_ bytes: [UInt8], to channel: any Channel) {
        guard !closeSent else { return }
        channel.writeAndFlush(
            WebSocketFrame(
                fin: true, opcode: .binary, maskKey: .random(), data: channel.allocator.buffer(bytes: bytes)),
            promise: nil)
    }

    /// Starts the closing handshake; a server that does not answer it in a second is hung up on.
    func close(_ channel: any Channel, code: UInt16) {
        guard !closeSent else { return }
        closeSent = true
        var data = channel.allocator.buffer(capacity: 2)
        data.writeInteger(code)
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: data), promise: nil)
        channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    private func answerPing(_ context: ChannelHandlerContext, _ data: ByteBuffer) {
        guard !closeSent else { return }
        let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: data)
        context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    }

    private func answerClose(_ context: ChannelHandlerContext, _ data: ByteBuffer) {
        var data = data
        closeCode = data.readInteger()
        close(context.channel, code: closeCode ?? 1000)
        context.close(promise: nil)
    }
}
