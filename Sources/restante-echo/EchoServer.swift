import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RestanteGateway

/// Accepts connections and, at the end, closes them in good order.
final class EchoServer: Sendable {
    /// How long the end may take; sockets that are still open then are cut.
    private static let grace = TimeAmount.seconds(5)
    private let messageBytes: Int
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    private let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])

    init(messageBytes: Int) {
        self.messageBytes = messageBytes
    }

    func listen(host: String, port: Int) async throws -> SocketAddress {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                keep(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let gate = EchoGate(messageBytes: messageBytes)
                    try channel.configureUpgrade(
                        gate, http: EchoHTTPHandler(), endTimeout: EchoGate.closeTimeout,
                        timers: LoopTimers(channel.eventLoop))
                }
            }
            .bind(host: host, port: port).get()
        keep(listener)
        guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
        return address
    }

    /// Sessions close with 1001; returns when all sockets have gone.
    func end() async throws {
        let open = channels.withLockedValue { Array($0.values) }
        for channel in open {
            // The listener has no session to hear it, and is closed.
            if channel.remoteAddress == nil { channel.close(promise: nil) }
            channel.pipeline.fireUserInboundEventTriggered(ServerEnds())
            channel.eventLoop.scheduleTask(in: Self.grace) { channel.close(promise: nil) }
        }
        for channel in open { try? await channel.closeFuture.get() }
        try await group.shutdownGracefully()
    }

    private func keep(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLockedValue { $0[id] = channel }
        channel.closeFuture.whenComplete { [channels] _ in channels.withLockedValue { $0[id] = nil } }
    }
}
