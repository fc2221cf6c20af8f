import AsyncHTTPClient
import Glibc
public import NIOCore
import NIOHTTP1
public import NIOPosix
import NIOSSL

/// How providers are spoken to over HTTP, common to all senders.
public struct PushHTTP: Sendable {
    /// A PEM file with certificate authorities that are trusted besides the machine's own; nil: those alone.
    public var trustRoots: String?
    /// For a request from its beginning to the end of its answer, a new connection included.
    public var timeLimit: Duration
    /// Most bytes of an answer that are read; none of the providers' is longer than some hundred.
    public var maximumAnswer: Int
    public var eventLoopGroup: any EventLoopGroup
    /// Whether the machine's own authorities are trusted. Each client reads all of them: tests have no use for that.
    package var trustsMachine = true

    public init(
        trustRoots: String? = nil, timeLimit: Duration = .seconds(20), maximumAnswer: Int = 16 * 1024,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.trustRoots = trustRoots
        self.timeLimit = timeLimit
        self.maximumAnswer = maximumAnswer
        self.eventLoopGroup = eventLoopGroup
    }

    /// Reads ``trustRoots``, so that a file that is none is told of before the first request.
    public func checkTrustRoots() throws(PushError) {
        guard let trustRoots else { return }
        do {
            _ = try NIOSSLCertificate.fromPEMFile(trustRoots)
        } catch {
            throw PushError("\(trustRoots) cannot be read, or holds no certificates in PEM")
        }
    }

    /// - Parameters:
    ///   - idleTimeout: how long a connection is kept that nobody uses.
    ///   - addresses: where to connect to for a name, instead of asking the resolver.
    func makeClient(idleTimeout: TimeAmount, addresses: [String: String] = [:]) -> HTTPClient {
        HTTPClient(
            eventLoopGroupProvider: .shared(eventLoopGroup),
            configuration: configuration(idleTimeout: idleTimeout, addresses: addresses))
    }

    private func configuration(idleTimeout: TimeAmount, addresses: [String: String]) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = trustsMachine ? .default : .certificates([])
        if let trustRoots { tls.additionalTrustRoots = [.file(trustRoots)] }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: TimeAmount(timeLimit)),
            connectionPool: .init(idleTimeout: idleTimeout))
        // Back-off is the dispatcher's: it knows of all that wait.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = addresses
        // A span would hold the URL, and with it the token.
        configuration.tracing.tracer = nil
        configuration.http1_1ConnectionDebugInitializer = limitSilence
        configuration.http2ConnectionDebugInitializer = limitSilence
        return configuration
    }

    /// A connection whose peer has vanished without a word is given up when it has not confirmed our bytes for as long
    /// as a request may take. Otherwise the system sends them again for a quarter of an hour, and all requests go that
    /// way.
    private var limitSilence: @Sendable (any Channel) -> EventLoopFuture<Void> {
        let milliseconds = Int(clamping: timeLimit.milliseconds)
        return { channel in
            channel.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: milliseconds)
        }
    }
}
