import Logging
import NIOCore
import NIOHTTP1
import RestanteCore

/// What the handlers of a connection work with: the server's parts, and those of their event loop.
struct ConnectionServices: Sendable {
    var configuration: GatewayConfiguration
    var store: any MessageStore
    var tokens: TokenVerifier
    var calls: CallRegistry
    /// Of the connection's event loop.
    var sessions: SessionTable
    /// Of the connection's event loop.
    var metrics: GatewayMetrics
    var logger: Logger
    /// What is counted for the server as a whole.
    var pace: Pace
    /// The other end of the connection: a client, or a proxy with clients behind it.
    var peer = IPAddress.none
    /// With what its client's certificate was verified; nil: without TLS.
    var trust: ServerTLS.Trust?
    /// Whether the server takes work.
    var isReady: @Sendable () -> Bool
}

extension ConnectionServices {
    /// Counts an HTTP request against its client's address. Throws the answer if it was too much.
    func chargeRequest(_ headers: HTTPHeaders) throws(RefusedRequest) {
        guard let key = pace.key(of: client(headers)),
            let wait = pace.addresses.take(1, .requests, of: key, now: .now())
        else { return }
        var answer = HTTPAnswer.error(.tooMany(.requests, wait: wait))
        answer.closes = true
        throw RefusedRequest(answer)
    }

    /// The address by which limits count a request and logs name its sender. A proxy's connection may carry the requests
    /// of several clients: it is that of this request.
    func client(_ headers: HTTPHeaders) -> IPAddress {
        configuration.trustedProxies.client(of: headers, peer: peer)
    }

    /// Tells of a request that was turned away: at debug level, for strangers could fill the log otherwise.
    func noteRefusal(_ status: HTTPResponseStatus, of client: IPAddress) {
        logger.debug("refused", metadata: ["client": "\(client.logged)", "status": "\(status.code)"])
    }

    /// Whether the store carries out a command within the time: one that hangs in a commit is not ready.
    func probeStore(_ eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        let answered = eventLoop.makePromise(of: Bool.self)
        let deadline = eventLoop.scheduleTask(in: configuration.probeTimeout) { answered.succeed(false) }
        answered.futureResult.whenComplete { _ in deadline.cancel() }
        let call = calls.register { answer in
            if case .replied(.success) = answer { answered.succeed(true) } else { answered.succeed(false) }
        }
        if let call { store.enqueue([.request(.probe, id: 0, from: .operators(call))]) }
        return answered.futureResult
    }
}
