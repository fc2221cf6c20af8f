package import NIOCore

/// The protocol of a WebSocket from its 101 on: messages for the session behind it, pongs, and the closing handshake.
///
/// Whoever wants to close triggers ``CloseWebSocket`` as an outbound event; from then on nothing is written and nothing
/// but the peer's close frame is heeded, and the connection ends when that has come or the time limit is over. A peer
/// that breaks a rule is told so in a close frame, and nothing more of it is read. The server is always the one that
/// closes the connection (§7.1.1).
package final class WebSocketHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = WebSocketMessage
    package typealias OutboundIn = WebSocketOutput
    package typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        /// Our close frame is out; the peer's has not come.
        case closing
        case closed
    }

    private var state = State.open
    private var reader: FrameReader
    /// The beginning of a header that is not all there: fewer than 14 bytes.
    private var rest = ByteBuffer()
    private let closeTimeout: TimeAmount
    private let timers: LoopTimers
    private let message: ((WebSocketMessage) -> Void)?
    private let heard: () -> Void
    private let holds: (Int) -> Void
    private let closed: (UInt16?, Closer) -> Void
    /// Bytes that ``holds`` has been told of.
    private var held = 0
    private var deadline: LoopTimers.Timer?
    private var mustFlush = false
    /// Where frames are collected, if they are.
    private var writes: BatchedWrites?

    /// - Parameters:
    ///   - maximumBytes: of one message.
    ///   - expected: what messages must be; nil: either.
    ///   - closeTimeout: how long the peer may take to answer our close frame.
    ///   - timers: of the connection's event loop.
    ///   - message: takes the messages; nil: they go on through the pipeline.
    ///   - heard: called with every read: a large frame on a slow line is no silence.
    ///   - holds: called with the change of what the message under way holds in memory.
    ///   - closed: called once, with the code of the first close frame, if there was one, and whose it was.
    package init(
        maximumBytes: Int, expected: WebSocketMessage.Kind?, closeTimeout: TimeAmount, timers: LoopTimers,
        message: ((WebSocketMessage) -> Void)? = nil, heard: @escaping () -> Void = {},
        holds: @escaping (Int) -> Void = { _ in },
        closed: @escaping (UInt16?, Closer) -> Void = { _, _ in }
    ) {
        reader = FrameReader(maximumBytes: maximumBytes, expected: expected)
        self.closeTimeout = closeTimeout
        self.timers = timers
        self.message = message
        self.heard = heard
        self.holds = holds
        self.closed = closed
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        writes = try? context.pipeline.syncOperations.handler(type: BatchedWrites.self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { writes = nil }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = state { return }
        heard()
        var input = Self.unwrapInboundIn(data)
        if rest.readableBytes > 0 {
            rest.writeBuffer(&input)
            input = rest
            rest = ByteBuffer()
        }
        read(&input, context)
        tell(holding: reader.capacity)
        // A copy: a slice would hold on to the whole of what was received.
        if input.readableBytes > 0, state != .closed { rest = ByteBuffer(bytes: input.readableBytesView) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if mustFlush {
            mustFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .open = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .message(let message):
            write(message.kind == .text ? .text : .binary, message.bytes, context, promise: promise)
        case .ping: write(.ping, [], context, promise: promise)
        }
    }

    /// Writes a binary message where ``BatchedWrites`` collects frames, which must be in the pipeline.
    ///
    /// - Parameters:
    ///   - count: bytes of it.
    ///   - fill: puts all of them into the memory that it gets.
    func writeBinary(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        guard let writes else { preconditionFailure("nothing collects the frames of this WebSocket") }
        guard case .open = state else { return }
        let head = FrameWriter.headBytes(count)
        writes.write(head + count) { memory in
            FrameWriter.writeHead(.binary, count, to: memory)
            fill(UnsafeMutableRawBufferPointer(rebasing: memory[head...]))
        }
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let close = event as? CloseWebSocket else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        begin(close, context)
        promise?.succeed()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if case .open = state { closed(nil, .nobody) }
        state = .closed
        stopDeadline()
        tell(holding: 0)
        context.fireChannelInactive()
    }

    // MARK: - What came

    private func tell(holding bytes: Int) {
        guard bytes != held else { return }
        holds(bytes - held)
        held = bytes
    }

    private func read(_ input: inout ByteBuffer, _ context: ChannelHandlerContext) {
        do {
            while state != .closed, let event = try reader.next(from: &input) { heed(event, context) }
        } catch {
            fail(error, context)
        }
    }

    private func heed(_ event: FrameReader.Event, _ context: ChannelHandlerContext) {
        if event.isPingOrPong { context.triggerUserOutboundEvent(ControlFrameCame(), promise: nil) }
        switch (event, state) {
        case (.close(let body), .open): answerClose(body, context)
        case (.close, _): end(context)
        case (.message(let new), .open):
            if let message { message(new) } else { context.fireChannelRead(Self.wrapInboundOut(new)) }
        case (.ping(let body), .open):
            write(.pong, body, context, promise: nil)
            mustFlush = true
        case (.message, _), (.ping, _), (.pong, _): break
        }
    }

    // MARK: - Closing

    /// The peer closes: the same code goes back (§5.5.1).
    private func answerClose(_ body: [UInt8], _ context: ChannelHandlerContext) {
        do {
            let code = try CloseBody.code(of: body)
            let answer = code.map { CloseBody.make(CloseWebSocket(code: $0, reason: "")) } ?? []
            write(.close, answer, context, promise: nil)
            closed(code, .client)
            end(context)
        } catch {
            fail(error, context)
        }
    }

    /// The peer broke a rule: it is told, and not listened to any more (§7.1.7).
    private func fail(_ close: CloseWebSocket, _ context: ChannelHandlerContext) {
        if case .open = state {
            write(.close, CloseBody.make(close), context, promise: nil)
            closed(close.code, .server)
        }
        end(context)
    }

    private func begin(_ close: CloseWebSocket, _ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        write(.close, CloseBody.make(close), context, promise: nil)
        closed(close.code, .server)
        state = .closing
        context.flush()
        // A session that had stopped reading must read again, or the peer's close frame would never be seen.
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        let channel = context.channel
        deadline = timers.schedule(in: closeTimeout) { channel.close(promise: nil) }
    }

    private func stopDeadline() {
        if let deadline { timers.cancel(deadline) }
        deadline = nil
    }

    private func end(_ context: ChannelHandlerContext) {
        guard state != .closed else { return }
        state = .closed
        stopDeadline()
        context.flush()
        context.triggerUserOutboundEvent(EndConnection(), promise: nil)
    }

    private func write(
        _ opcode: Opcode, _ body: [UInt8], _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?
    ) {
        let frame = FrameWriter.frame(opcode, body, context.channel.allocator)
        context.write(Self.wrapOutboundOut(frame), promise: promise)
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
