import Logging
import NIOCore
import NIOHTTP1
import RestanteCore
import RestanteWire

/// Decides about one connection's upgrade, and what becomes of it after.
///
/// The device is claimed from the store before the upgrade is completed, so that a refusal can be an HTTP status. A
/// client whose token came as a subprotocol could not see that: it is upgraded and closed at once.
final class ConnectGate: UpgradeGate {
    enum Outcome {
        /// Nothing was decided: the request was no upgrade.
        case none
        case refused(HTTPAnswer)
        case session(SessionHandler)
        case closed(CloseWebSocket)
    }

    private let services: ConnectionServices
    private let visitor: Visitor
    private(set) var outcome = Outcome.none
    /// Of the request that asks for the upgrade.
    private(set) var client = IPAddress.none

    init(services: ConnectionServices, visitor: Visitor) {
        self.services = services
        self.visitor = visitor
    }

    /// The headers of the upgrade's response, or nil: then the outcome says why.
    func decide(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<HTTPHeaders?> {
        client = services.client(head.headers)
        if let refusal = RequestRules.refusal(of: head) { return refuse(refusal, channel) }
        guard HTTPPath.of(head.uri) == ConnectRequest.path else { return refuse(.notFound, channel) }
        guard services.configuration.allowedOrigins.allow(head.headers) else { return refuse(.strangeOrigin, channel) }
        guard services.isReady() else {
            return refuse(
                .error(Refusal(.shuttingDown, "the server is not taking connections", retryAfter: 1)), channel)
        }
        do {
            try visitor.comes(from: client)
        } catch {
            return refuse(.error(error), channel)
        }
        do {
            let request = try ConnectRequest(head)
            return authenticate(request, channel)
        } catch {
            return refuse(error.answer, channel)
        }
    }

    /// Builds the pipeline after the upgrade.
    func open(_ channel: any Channel) throws {
        switch outcome {
        case .session(let handler):
            services.metrics.handshake(.accepted)
            try addWebSocket(channel, for: handler)
            try channel.pipeline.syncOperations.addHandler(handler)
        case .closed(let close):
            services.metrics.handshake(.closed(close.code))
            services.logger.debug("handshake refused by a close frame", metadata: ["code": "\(close.code)"])
            try addWebSocket(channel, for: nil)
            channel.triggerUserOutboundEvent(close, promise: nil)
        case .none, .refused: preconditionFailure("upgraded without a decision")
        }
    }

    /// - Parameter handler: nil: the connection is closed at once, and no message of it is put together.
    private func addWebSocket(_ channel: any Channel, for handler: SessionHandler?) throws {
        let configuration = services.configuration
        let format = handler?.format
        try channel.pipeline.syncOperations.addHandler(BatchedWrites(isTLS: configuration.tls != nil))
        try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(
                maximumBytes: format?.frameBytes(configuration.limits) ?? 0,
                expected: format.map { $0 == .json ? .text : .binary }, closeTimeout: configuration.closeTimeout,
                timers: services.sessions.timers, message: handler.map { handler in { handler.received($0) } },
                heard: { handler?.heard() },
                holds: { [memory = services.sessions.memory] in memory.add($0) },
                closed: { [metrics = services.metrics] in metrics.closed($0, by: $1) }))
    }

    // MARK: - Steps

    private func authenticate(_ request: ConnectRequest, _ channel: any Channel) -> EventLoopFuture<HTTPHeaders?> {
        guard let (claims, key) = try? services.tokens.verifyWithKey(request.token.text),
            case .device(let address) = claims.bearer
        else { return turnAwayUnauthenticated(request, channel) }
        guard let format = request.format else { return refuse(Self.noSubprotocol, channel) }
        do {
            try visitor.claims(address)
        } catch {
            return turnAway(error, request, channel)
        }
        let handler = SessionHandler(
            address: address, expiresAt: claims.expiresAt, format: format, channel: channel, services: services,
            visitor: visitor)
        handler.expiry.key = key
        handler.client = client
        let claimed = handler.claim(tokenIssuedAt: claims.issuedAt).assumeIsolated()
        return claimed.map { [self] () -> HTTPHeaders? in
            visitor.claimAnswered(granted: true)
            outcome = .session(handler)
            return Self.headers(format)
        }.flatMapError { [self] error in
            visitor.claimAnswered(granted: false)
            let refusal = error as? Refusal ?? Refusal(.unavailable, "the device could not be claimed", retryAfter: 1)
            return turnAway(refusal, request, channel).assumeIsolated()
        }.nonisolated()
    }

    private func turnAwayUnauthenticated(
        _ request: ConnectRequest, _ channel: any Channel
    ) -> EventLoopFuture<HTTPHeaders?> {
        let close = CloseWebSocket(code: WireCloseCode.unauthenticated.rawValue, reason: "unauthenticated")
        return turnAway(request, .unauthorized, close, channel)
    }

    private func turnAway(
        _ refusal: Refusal, _ request: ConnectRequest, _ channel: any Channel
    ) -> EventLoopFuture<HTTPHeaders?> {
        if refusal.code == .invalidToken { return turnAwayUnauthenticated(request, channel) }
        let answer = HTTPAnswer.error(refusal)
        guard answer.status == .forbidden else { return refuse(answer, channel) }
        let close = CloseWebSocket(code: WireCloseCode.forbidden.rawValue, reason: refusal.code.name)
        return turnAway(request, answer, close, channel)
    }

    private func turnAway(
        _ request: ConnectRequest, _ answer: HTTPAnswer, _ close: CloseWebSocket, _ channel: any Channel
    ) -> EventLoopFuture<HTTPHeaders?> {
        guard case .subprotocol = request.token.place else { return refuse(answer, channel) }
        guard let format = request.format else { return refuse(Self.noSubprotocol, channel) }
        outcome = .closed(close)
        services.noteRefusal(answer.status, of: client)
        return channel.eventLoop.makeSucceededFuture(Self.headers(format))
    }

    private func refuse(_ answer: HTTPAnswer, _ channel: any Channel) -> EventLoopFuture<HTTPHeaders?> {
        outcome = .refused(answer)
        services.noteRefusal(answer.status, of: client)
        return channel.eventLoop.makeSucceededFuture(nil)
    }

    private static func headers(_ format: WireFormat) -> HTTPHeaders {
        ["sec-websocket-protocol": format.rawValue]
    }

    private static let noSubprotocol = HTTPAnswer.error(
        .badRequest, .badRequest,
        "offer one of the subprotocols " + WireFormat.allCases.map(\.rawValue).joined(separator: ", "))
}

/// The path of a request's target, without the query.
enum HTTPPath {
    static func of(_ uri: String) -> Substring { uri.prefix { $0 != "?" } }
}
