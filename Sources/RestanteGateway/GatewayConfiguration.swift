public import NIOCore
public import RestanteCore
import RestanteWire

/// How the gateway listens and how long it waits for whom.
public struct GatewayConfiguration: Sendable {
    /// The address to listen on: a name or number.
    public var host = "127.0.0.1"
    /// 0: any free port, told by ``Gateway/boundAddress``.
    public var port = 8080
    /// What TLS is served with; nil: none.
    public var tls: ServerTLS?
    public var allowedOrigins = AllowedOrigins()
    /// The peers that are believed when they say for whom they ask.
    public var trustedProxies = TrustedProxies()
    /// This server's name in the session directory.
    public var node = "local"
    public var limits = Limits()
    /// How much and how fast.
    public var pace = PaceLimits()
    /// Event loops, each one thread. Sockets are spread over them and stay where they are.
    public var eventLoops = System.coreCount
    /// How often a WebSocket is pinged.
    public var pingInterval = TimeAmount.seconds(30)
    /// A WebSocket from which nothing came for this long is closed.
    public var idleTimeout = TimeAmount.seconds(90)
    /// How long an HTTP request, or a handshake with all that it waits for, may take.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// How long the store may take to answer `/readyz`.
    public var probeTimeout = TimeAmount.seconds(2)
    /// How long a client may take to answer a close frame.
    public var closeTimeout = TimeAmount.seconds(3)
    /// How long the end may take from the signal on; sockets that are still open then are cut.
    public var shutdownGrace = TimeAmount.seconds(8)
    /// Clients are told at the end to come back after a random time in this range, in milliseconds; when they are many, in a
    /// longer one, so that they are no faster than they are accepted.
    public var reconnectAfter: ClosedRange<UInt32> = 500...5000

    public init() {}

    /// Most bytes of one WebSocket frame, of one message, or of one body.
    var frameBytes: Int {
        WireFormat.allCases.map { $0.frameBytes(limits) }.max() ?? 0
    }
}
