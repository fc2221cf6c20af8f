public import Logging
public import NIOCore
import NIOPosix
public import NIOSSL

/// Where to connect, as whom, and how patiently.
public struct ClientConfiguration: Sendable {
    /// `ws://host:port` or `wss://host:port`; without a path, `/v1/connect`.
    public var url: String
    /// A JWT for one device, sent in the `Authorization` header and never logged.
    public var token: String
    /// Asked for another token a minute before the one of the connection expires, which then goes on with the new one, and
    /// when the server refuses the one there is; nil: the client gives up then.
    public var renewToken: (@Sendable () async throws -> String)?
    /// Messages on the way at once; further sends wait for their turn.
    public var sendsInFlight = 64
    /// The epoch that this device was welcomed in last, if the app keeps it: a change while it did not run is told then.
    public var lastEpoch: String?
    public var backoff = Backoff()
    /// Attempts in a row without a welcome after which ``RestanteClient/run()`` throws; nil: it goes on for ever.
    public var maximumFailures: Int?
    /// Seconds for TCP, TLS and the upgrade together.
    public var connectTimeout = 10
    /// Seconds without a byte from the server (it pings every 30) after which the connection counts as dead.
    public var idleTimeout = 90
    /// Bytes of one WebSocket message from the server.
    public var maximumFrameBytes = 32 * 1024 * 1024
    /// For wss.
    public var tls = TLSConfiguration.makeClientConfiguration()
    public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    public var logger = Logger(label: "restante.client")

    public init(url: String, token: String, renewToken: (@Sendable () async throws -> String)? = nil) {
        self.url = url
        self.token = token
        self.renewToken = renewToken
    }
}
