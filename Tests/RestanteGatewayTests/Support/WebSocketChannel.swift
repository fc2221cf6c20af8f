import NIOCore
import NIOEmbedded

@testable import RestanteGateway

/// The WebSocket half of a connection's pipeline, without a socket: bytes of a client go in, whole messages and the
/// frames of the server come out.
final class WebSocketChannel {
    static let closeTimeout = TimeAmount.seconds(3)

    private let channel = EmbeddedChannel()
    private var output = ByteBuffer()

    init(maximumBytes: Int = 1 << 20, expected: WebSocketMessage.Kind? = nil) throws {
        let timers = LoopTimers(channel.eventLoop)
        try channel.pipeline.syncOperations.addHandlers([
            EndingHandler(timeout: Self.closeTimeout, timers: timers),
            WebSocketHandler(
                maximumBytes: maximumBytes, expected: expected, closeTimeout: Self.closeTimeout, timers: timers),
        ])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/nowhere"), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    func receive(_ bytes: some Sequence<UInt8>) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    func close(_ close: CloseWebSocket) { channel.triggerUserOutboundEvent(close, promise: nil) }

    func write(_ text: String) -> EventLoopFuture<Void> {
        channel.writeAndFlush(WebSocketOutput.message(WebSocketMessage(.text, Array(text.utf8))))
    }

    func advance(by time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    /// The messages that have come through since the last call.
    func messages() throws -> [WebSocketMessage] {
        var messages: [WebSocketMessage] = []
        while let message = try channel.readInbound(as: WebSocketMessage.self) { messages.append(message) }
        return messages
    }

    /// The frames that were flushed since the last call.
    func frames() throws -> [RawClient.Frame] {
        while let part = try channel.readOutbound(as: ByteBuffer.self) { output.writeImmutableBuffer(part) }
        var frames: [RawClient.Frame] = []
        while let frame = RawClient.Frame.read(from: &output) { frames.append(frame) }
        return frames
    }
}
