package import NIOCore

/// Asks, as an outbound event, for the end of a connection whose last word has been flushed.
package struct EndConnection: Sendable {
    package init() {}
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

    private let timeout: TimeAmount
    private var isEnding = false
    private var deadline: Scheduled<Void>?

    /// - Parameter timeout: how long the peer may take to close.
    package init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isEnding { context.fireChannelRead(data) }
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is EndConnection else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        if !isEnding { end(context) }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        // The peer's end must be seen, whatever held reading back.
        channel.setOption(.autoRead, value: true).whenFailure { _ in }
        // Through the whole pipeline: the handler of pipelined requests would go on with the next one.
        channel.close(mode: .output).whenFailure { _ in channel.close(promise: nil) }
    }
}

@available(*, unavailable)
extension EndingHandler: Sendable {}
