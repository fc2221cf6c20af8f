import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import RestanteGateway

/// The WebSocket half of a connection's pipeline, without a socket: bytes of a client go in, whole messages and the
/// frames of the server come out.
final class GuardedChannel {
    static let closeTimeout = TimeAmount.seconds(3)
    static let frameBytes = 1000
    static let fragments = 4

    private let channel = EmbeddedChannel()
    private var output = ByteBuffer()

    init(expected: WebSocketOpcode = .text) throws {
        try channel.pipeline.syncOperations.addHandlers([
            WebSocketFrameEncoder(),
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Self.frameBytes)),
            FrameGuard(closeTimeout: Self.closeTimeout),
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: Self.fragments,
                maxAccumulatedFrameSize: Self.frameBytes),
            MessageGuard(expected: expected),
        ])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/nowhere"), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    func receive(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    func close(_ close: CloseWebSocket) { channel.triggerUserOutboundEvent(close, promise: nil) }

    func write(_ text: String) -> EventLoopFuture<Void> {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text)))
    }

    func advance(by time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    /// The messages that have come through since the last call.
    func messages() throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while let message = try channel.readInbound(as: [UInt8].self) { messages.append(message) }
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
