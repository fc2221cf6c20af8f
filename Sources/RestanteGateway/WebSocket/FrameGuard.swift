import NIOCore
import NIOWebSocket

/// Holds peers to RFC 6455 where NIO's decoder does not, answers pings, and does the closing handshake.
///
/// It stands between NIO's frame decoder and the aggregator. Whoever wants to close triggers ``CloseWebSocket`` as an
/// outbound event; from then on nothing is written and nothing but the peer's close frame is heeded, and the socket
/// is closed when that has come or the time limit is over.
final class FrameGuard: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private enum State {
        case open
        /// Our close frame is out; the peer's has not come.
        case closing
        case closed
    }

    private var state = State.open
    private let closeTimeout: TimeAmount
    private var deadline: Scheduled<Void>?
    private var mustFlush = false

    /// - Parameter closeTimeout: how long the peer may take to answer our close frame.
    init(closeTimeout: TimeAmount) {
        self.closeTimeout = closeTimeout
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        switch state {
        case .closed: break
        case .closing: if frame.opcode == .connectionClose { end(context) }
        case .open: heed(frame, data, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if mustFlush {
            mustFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .open = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let close = event as? CloseWebSocket else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        begin(close, context)
        promise?.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // NIO's decoder complains of every read after the one that it gave up at: the closing handshake, or its time
        // limit, is what ends the connection. A socket that is cut with unread input would not even deliver our frame.
        guard case .open = state else { return }
        guard let error = error as? NIOWebSocketError else {
            context.fireErrorCaught(error)
            return
        }
        begin(Self.close(for: error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        deadline?.cancel()
        context.fireChannelInactive()
    }

    // MARK: - What came

    private func heed(_ frame: WebSocketFrame, _ data: NIOAny, _ context: ChannelHandlerContext) {
        if let violation = Self.violation(of: frame) {
            begin(CloseWebSocket(code: 1002, reason: violation), context)
            return
        }
        switch frame.opcode {
        case .connectionClose: answerClose(frame, context)
        case .ping:
            context.triggerUserOutboundEvent(ControlFrameCame(), promise: nil)
            answerPing(frame, context)
        case .pong: context.triggerUserOutboundEvent(ControlFrameCame(), promise: nil)
        default: context.fireChannelRead(data)
        }
    }

    /// What a client's frame must not be (RFC 6455 §5.1, §5.2, §5.5), or nil.
    private static func violation(of frame: WebSocketFrame) -> String? {
        if frame.maskKey == nil { return "frame is not masked" }
        if !frame.reservedBits.isEmpty { return "reserved bits are set" }
        switch frame.opcode {
        case .text, .binary, .continuation: return nil
        case .connectionClose, .ping, .pong:
            return frame.fin && frame.length <= 125 ? nil : "control frame is fragmented or too long"
        default: return "reserved opcode"
        }
    }

    private func answerPing(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        write(.pong, frame.unmaskedBytes, context, promise: nil)
        mustFlush = true
    }

    // MARK: - Closing

    /// The peer closes: the same code goes back, and the server is the one that ends the connection (§7.1.1).
    private func answerClose(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        switch CloseBody.judge(frame.unmaskedBytes) {
        case .bad(let close):
            begin(close, context)
            end(context)
        case .good(let code):
            let body = code.map { CloseBody.make(CloseWebSocket(code: $0, reason: "")) } ?? []
            write(.connectionClose, body, context, promise: nil)
            context.flush()
            end(context)
        }
    }

    private func begin(_ close: CloseWebSocket, _ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        write(.connectionClose, CloseBody.make(close), context, promise: nil)
        state = .closing
        context.flush()
        // A session that had stopped reading must read again, or the peer's close frame would never be seen.
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: closeTimeout) { channel.close(promise: nil) }
    }

    private func end(_ context: ChannelHandlerContext) {
        state = .closed
        deadline?.cancel()
        context.close(promise: nil)
    }

    private func write(
        _ opcode: WebSocketOpcode, _ body: [UInt8], _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?
    ) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, data: context.channel.allocator.buffer(bytes: body))
        context.write(Self.wrapOutboundOut(frame), promise: promise)
    }

    /// What NIO's decoder refused. It decodes nothing after that, so only time or the peer ends the connection.
    private static func close(for error: NIOWebSocketError) -> CloseWebSocket {
        switch error {
        case .invalidFrameLength: CloseWebSocket(code: 1009, reason: "frame is too large")
        case .fragmentedControlFrame, .multiByteControlFrameLength:
            CloseWebSocket(code: 1002, reason: "control frame is fragmented or too long")
        }
    }
}

@available(*, unavailable)
extension FrameGuard: Sendable {}
