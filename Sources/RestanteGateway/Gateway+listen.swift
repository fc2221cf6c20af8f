import Logging
import NIOCore
import NIOPosix
import RestanteCore

/// Listening, and what a fresh connection gets.
extension Gateway {
    func listen() async throws(GatewayError) -> any Channel {
        do {
            return try await bootstrap().bind(host: configuration.host, port: configuration.port).get()
        } catch {
            throw GatewayError(
                .cannotListen,
                "cannot listen on \(configuration.host):\(configuration.port): \(error). Is another server running there?"
            )
        }
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: PaceLimits.backlog)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [pace] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(pace))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: SocketBuffers.waterMark)
            .childChannelOption(.recvAllocator, value: SocketBuffers.reading)
            .childChannelOption(SocketBuffers.unsentOption, value: .init(SocketBuffers.unsentBytes))
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
            }
    }

    private func configure(_ channel: any Channel) throws {
        let loop = channel.eventLoop
        guard let table = tables.first(where: { $0.eventLoop === loop }) else {
            preconditionFailure("a socket on an event loop of someone else")
        }
        table.add(channel)
        let peer = IPAddress(channel.remoteAddress)
        // A proxy's connections are those of many: they are counted by the client of each request.
        let address = configuration.trustedProxies.contains(peer) ? nil : peer
        switch table.lobby.enter(channel, from: address) {
        case .refused(let refusal):
            try table.lobby.refuse(
                channel, refusal, secure: configuration.tls.map { tls in { _ = try tls.secure($0, self.logger) } })
        case .welcome(let visitor):
            var services = services(table, peer: peer)
            services.trust = try configuration.tls?.secure(channel, logger)
            try channel.configureRestante(services, visitor)
        }
    }

    func services(_ table: SessionTable, peer: IPAddress = .none) -> ConnectionServices {
        ConnectionServices(
            configuration: configuration, store: store, tokens: tokens, calls: calls, sessions: table,
            metrics: table.metrics, logger: logger, pace: pace, peer: peer, isReady: { [self] in isReady })
    }
}
