import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import RestanteWire

/// Makes one WebSocket connection: TCP, TLS for wss, the upgrade, and the handlers behind it.
struct WebSocketConnector: Sendable {
    let url: ServerURL
    let configuration: ClientConfiguration
    /// Nil for ws.
    let tls: NIOSSLContext?

    init(_ configuration: ClientConfiguration) throws {
        self.configuration = configuration
        url = try ServerURL(configuration.url)
        tls = url.secure ? try NIOSSLContext(configuration: configuration.tls) : nil
    }

    /// Connects on the core's event loop. When it returns, the core has been told that the socket is open, or how the
    /// attempt ended.
    func connect(token: String, core: NIOLoopBoundBox<ClientCore>, on loop: any EventLoop) async {
        let timeout = TimeAmount.seconds(Int64(configuration.connectTimeout))
        do {
            let upgraded = try await ClientBootstrap(group: loop)
                .connectTimeout(timeout)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: url.host, port: url.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try configure(channel, token: token, core: core.value, timeout: timeout)
                    }
                }
            try await upgraded.get()
        } catch {
            loop.execute { core.value.disconnected(.unreachable(Self.words(for: error))) }
        }
    }

    private func configure(
        _ channel: any Channel, token: String, core: ClientCore, timeout: TimeAmount
    ) throws -> EventLoopFuture<Void> {
        if let tls {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: url.host.isAddress ? nil : url.host))
        }
        let bound = NIOLoopBound(core, eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: configuration.maximumFrameBytes, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try addWebSocketHandlers(to: channel, core: bound.value) }
        }
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: request(token: token), upgraders: [upgrader]
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = RefusedUpgradeHandler { bound.value.disconnected($0) }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
        pipeline.leftOverBytesStrategy = .forwardBytes
        let done = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
        let deadline = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        done.whenComplete { _ in deadline.cancel() }
        return done
    }

    private func addWebSocketHandlers(to channel: any Channel, core: ClientCore) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                maxAccumulatedFrameSize: configuration.maximumFrameBytes))
        try pipeline.addHandler(IdleStateHandler(readTimeout: .seconds(Int64(configuration.idleTimeout))))
        try pipeline.addHandler(WebSocketHandler(core: core))
    }

    private func request(token: String) -> HTTPRequestHead {
        let headers: HTTPHeaders = [
            "Host": url.authority,
            "Authorization": "Bearer \(token)",
            "Sec-WebSocket-Protocol": WireFormat.proto.rawValue,
        ]
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: url.target, headers: headers)
    }

    /// What went wrong, for people; no error of a connection attempt carries the token.
    private static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { words(for: $0.error) } ?? "no address for \(error.host)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case NIOSSLError.handshakeFailed(.sslError(let stack)) where "\(stack)".contains("CERTIFICATE_VERIFY_FAILED"):
            "the server's certificate does not verify: name the authority behind it (--ca-certificates, or "
                + "ClientConfiguration.tls), or have it renewed"
        case NIOSSLError.handshakeFailed: "the TLS handshake failed: does TLS answer at this address?"
        case is NIOSSLExtraError: "the server's certificate is for another name than the URL's"
        default: "\(error)"
        }
    }
}

extension String {
    /// An IP address, which TLS takes no server name from.
    fileprivate var isAddress: Bool { (try? SocketAddress(ipAddress: self, port: 0)) != nil }
}
