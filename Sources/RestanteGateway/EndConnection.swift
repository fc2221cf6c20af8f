package import NIOCore
import NIOSSL

/// Asks, as an outbound event, for the end of a connection whose last word has been flushed.
package struct EndConnection: Sendable {
    package init() {}
}

/// Asks, as an outbound event, for the end of a connection at once; what it is told goes out if its socket takes it now.
struct CutConnection: Sendable {
    var answer: HTTPAnswer
}

/// Tells the handlers of a socket, as an inbound event, that the server ends.
package struct ServerEnds: Sendable {
    /// Who are told the same, and may come back together.
    package var clients: Int

    package init(clients: Int = 0) { self.clients = clients }
}

/// Ends connections so that the last word arrives: output is closed, input thrown away until the peer closes or the time
/// limit is over (RFC 6455 §7.1.1, RFC 9112 §9.6).
///
/// A socket that is closed with unread input is reset, and a reset destroys what the peer has not read yet. It stands in
/// front of everything that would buffer what comes.
package final class EndingHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let timers: LoopTimers
    private var isEnding = false
    private var deadline: LoopTimers.Timer?

    /// - Parameters:
    ///   - timeout: how long the peer may take to close.
    ///   - timers: of the connection's event loop.
    package init(timeout: TimeAmount, timers: LoopTimers) {
        self.timeout = timeout
        self.timers = timers
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isEnding { context.fireChannelRead(data) }
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        switch event {
        case is EndConnection:
            if !isEnding { end(context) }
            promise?.succeed()
        case let cut as CutConnection:
            if !isEnding { say(cut.answer, context) }
            context.channel.cut()
            promise?.succeed()
        default: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if let deadline { timers.cancel(deadline) }
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        let channel = context.channel
        deadline = timers.schedule(in: timeout) { channel.cut() }
        // The peer's end must be seen, whatever held reading back.
        channel.setOption(.autoRead, value: true).whenFailure { _ in }
        // Through the whole pipeline: the handler of pipelined requests would go on with the next one.
        channel.close(mode: .output).whenFailure { _ in channel.close(promise: nil) }
    }

    /// As bytes: the handlers of HTTP answer requests only, and there may be none yet.
    private func say(_ answer: HTTPAnswer, _ context: ChannelHandlerContext) {
        isEnding = true
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: answer.asWholeResponse)), promise: nil)
    }
}

@available(*, unavailable)
extension EndingHandler: Sendable {}

extension Channel {
    /// Closes the socket now. TLS would wait for the peer's goodbye, or for its time limit. On the event loop.
    func cut() {
        if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            // From there on towards the socket.
            tls.close(promise: nil)
        } else {
            close(promise: nil)
        }
    }
}
