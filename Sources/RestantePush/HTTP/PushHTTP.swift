import AsyncHTTPClient
import Glibc
public import NIOCore
import NIOHTTP1
public import NIOPosix
import NIOSSL

/// How providers are spoken to over HTTP, common to all senders.
public struct PushHTTP: Sendable {
    /// For a request from its beginning to the end of its answer, a new connection included.
    public var timeLimit: Duration
    /// Most bytes of an answer that are read; none of the providers' is longer than some hundred.
    public var maximumAnswer: Int
    public var eventLoopGroup: any EventLoopGroup
    /// Whether the machine's own authorities are trusted. Each client reads all of them: tests have no use for that.
    package var trustsMachine = true
    /// What ``trust(file:)`` has read.
    private var authorities: [NIOSSLCertificate] = []

    public init(
        timeLimit: Duration = .seconds(20), maximumAnswer: Int = 16 * 1024,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.timeLimit = timeLimit
        self.maximumAnswer = maximumAnswer
        self.eventLoopGroup = eventLoopGroup
    }

    /// Trusts certificate authorities besides the machine's own: those in a PEM file, which is read now and not again.
    public mutating func trust(file path: String) throws(PushError) {
        guard let read = try? NIOSSLCertificate.fromPEMFile(path), !read.isEmpty else {
            throw PushError("\(path) cannot be read, or holds no certificates in PEM")
        }
        authorities += read
    }

    /// - Parameters:
    ///   - idleTimeout: how long a connection is kept that nobody uses.
    ///   - addresses: where to connect to for a name, instead of asking the resolver.
    func makeClient(
        idleTimeout: TimeAmount, addresses: [String: String] = [:],
        version: HTTPClient.Configuration.HTTPVersion = .automatic
    ) -> HTTPClient {
        var configuration = configuration(idleTimeout: idleTimeout, addresses: addresses)
        configuration.httpVersion = version
        return HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: configuration)
    }

    private func configuration(idleTimeout: TimeAmount, addresses: [String: String]) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = trustsMachine ? .default : .certificates([])
        if !authorities.isEmpty { tls.additionalTrustRoots = [.certificates(authorities)] }
        // A peer that does not answer our close_notify has said all that it had to say.
        tls.shutdownTimeout = .seconds(1)
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
    /// way. The library lets us set it when HTTP/2's settings have come, and not before: until then there is
    /// ``SteadyClient``.
    private var limitSilence: @Sendable (any Channel) -> EventLoopFuture<Void> {
        let milliseconds = Int(clamping: timeLimit.milliseconds)
        return { channel in
            channel.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: milliseconds)
        }
    }
}
