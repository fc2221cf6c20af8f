import NIOCore
import NIOPosix
import NIOSSL
import RestanteWire

/// Makes connections to one server, from several loopback addresses if there are many.
///
/// Bound to one event loop.
final class LoadConnector {
    let loop: any EventLoop
    private let target: LoadTarget
    private var next = 0

    init(_ target: LoadTarget, on loop: any EventLoop) {
        self.target = target
        self.loop = loop
    }

    /// - Parameter receiveBytes: of the kernel's receive buffer; nil: as the system does it.
    func connect(token: String, peer: any LoadPeer, receiveBytes: Int? = nil) {
        let request = ByteBuffer(
            string: "GET /v1/connect HTTP/1.1\r\nHost: \(target.host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "Sec-WebSocket-Protocol: \(WireFormat.proto.subprotocol)\r\nAuthorization: Bearer \(token)\r\n\r\n")
        let handler = LoadConnection(peer: peer, request: request)
        connect(handler, receiveBytes: receiveBytes) { handler.finish() }
    }

    /// Connects a handler that speaks for itself.
    ///
    /// - Parameters:
    ///   - isSecure: whether it does TLS where the server does.
    ///   - failed: there is no connection.
    func connect(
        _ handler: any ChannelHandler, isSecure: Bool = true, receiveBytes: Int? = nil, failed: @escaping () -> Void
    ) {
        let bound = NIOLoopBound(handler, eventLoop: loop)
        var bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(60))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls = isSecure ? target.tls : nil, host = target.host] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        let name = host.first?.isNumber == true ? nil : host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHandler(bound.value)
                }
            }
        if let receiveBytes {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBytes))
        }
        if !target.sources.isEmpty {
            bootstrap = bootstrap.bind(to: target.sources[next % target.sources.count])
            next += 1
        }
        bootstrap.connect(to: target.address).assumeIsolated().whenFailure { _ in failed() }
    }
}

/// Where a server is and how it is spoken to.
struct LoadTarget: Sendable {
    let host: String
    let address: SocketAddress
    let tls: NIOSSLContext?
    /// Addresses to connect from, in turn; empty: the system's choice.
    private(set) var sources: [SocketAddress]

    /// - Parameters:
    ///   - authority: a PEM file with the certificate to trust; nil: plain.
    ///   - connections: how many there will be: an address has some 28,000 ports to connect from.
    init(host: String, port: Int, authority: String?, connections: Int) throws {
        self.host = host
        address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        if let authority {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(authority)
            tls = try NIOSSLContext(configuration: configuration)
        } else {
            tls = nil
        }
        let count = connections > Self.connectionsPerSource ? connections / Self.connectionsPerSource + 1 : 0
        sources = try Self.sources(count, network: 1, for: host)
    }

    /// The same from so many addresses, up to 254, of 127.0.NETWORK.0/24, if the server is on loopback.
    func from(_ count: Int, network: Int) throws -> LoadTarget {
        var target = self
        target.sources = try Self.sources(count, network: network, for: host)
        return target
    }

    private static func sources(_ count: Int, network: Int, for host: String) throws -> [SocketAddress] {
        guard host.hasPrefix("127.") || host == "localhost" else { return [] }
        return try (0..<count).map { try SocketAddress(ipAddress: "127.0.\(network).\($0 + 1)", port: 0) }
    }

    private static let connectionsPerSource = 5000
}
