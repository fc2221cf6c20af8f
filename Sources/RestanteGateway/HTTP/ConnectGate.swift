import NIOCore
import NIOHTTP1
import NIOWebSocket
import RestanteCore
import RestanteWire

/// Decides about one connection's upgrade, and what becomes of it after.
///
/// The device is claimed from the store before the upgrade is completed, so that a refusal can be an HTTP status. A
/// client whose token came as a subprotocol could not see that: it is upgraded and closed at once.
final class ConnectGate {
    enum Outcome {
        /// Nothing was decided: the request was no upgrade.
        case none
        case refused(HTTPAnswer)
        case session(SessionHandler, expiresAt: Int64)
        case closed(CloseWebSocket)
    }

    private let services: ConnectionServices
    private(set) var outcome = Outcome.none

    init(services: ConnectionServices) {
        self.services = services
    }

    /// The headers of the upgrade's response, or nil: then the outcome says why.
    func decide(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<HTTPHeaders?> {
        guard HTTPPath.of(head.uri) == ConnectRequest.path else { return refuse(.notFound, channel) }
        guard services.isReady() else {
            return refuse(
                .error(Refusal(.shuttingDown, "the server is not taking connections", retryAfter: 1)), channel)
        }
        do {
            let request = try ConnectRequest(head)
            return authenticate(request, channel)
        } catch {
            return refuse(error.answer, channel)
        }
    }

    /// Builds the pipeline after the upgrade.
    func upgrade(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let configuration = services.configuration
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(FrameGuard(closeTimeout: configuration.closeTimeout))
            switch outcome {
            case .session(let handler, let expiry):
                try pipeline.addHandler(BatchedWrites(), position: .first)
                // In front of the decoder: a large frame on a slow line is no silence.
                try pipeline.addHandler(HearingHandler { handler.heard() }, position: .first)
                try pipeline.addHandler(Self.aggregator(configuration))
                try pipeline.addHandler(MessageGuard(expected: handler.format == .json ? .text : .binary))
                try pipeline.addHandler(handler)
                scheduleExpiry(of: handler, at: expiry, on: channel)
            case .closed(let close): channel.triggerUserOutboundEvent(close, promise: nil)
            case .none, .refused: preconditionFailure("upgraded without a decision")
            }
        }
    }

    // MARK: - Steps

    private func authenticate(_ request: ConnectRequest, _ channel: any Channel) -> EventLoopFuture<HTTPHeaders?> {
        guard let claims = try? services.tokens.verify(request.token.text), case .device(let address) = claims.bearer
        else {
            let close = CloseWebSocket(code: WireCloseCode.unauthenticated.rawValue, reason: "unauthenticated")
            return turnAway(request, .unauthorized, close, channel)
        }
        guard let format = request.format else { return refuse(Self.noSubprotocol, channel) }
        let handler = SessionHandler(address: address, format: format, channel: channel, services: services)
        let claimed = handler.claim(tokenIssuedAt: claims.issuedAt).assumeIsolated()
        return claimed.map { [self] () -> HTTPHeaders? in
            outcome = .session(handler, expiresAt: claims.expiresAt)
            return Self.headers(format)
        }.flatMapError { [self] error in
            let refusal = error as? Refusal ?? Refusal(.unavailable, "the device could not be claimed", retryAfter: 1)
            return turnAway(refusal, request, channel).assumeIsolated()
        }.nonisolated()
    }

    private func turnAway(
        _ refusal: Refusal, _ request: ConnectRequest, _ channel: any Channel
    ) -> EventLoopFuture<HTTPHeaders?> {
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
        return channel.eventLoop.makeSucceededFuture(Self.headers(format))
    }

    private func refuse(_ answer: HTTPAnswer, _ channel: any Channel) -> EventLoopFuture<HTTPHeaders?> {
        outcome = .refused(answer)
        return channel.eventLoop.makeSucceededFuture(nil)
    }

    private func scheduleExpiry(of handler: SessionHandler, at expiry: Int64, on channel: any Channel) {
        // A timer of centuries would overflow; no connection lives for ten years.
        let seconds = min(max(services.tokens.secondsLeft(until: expiry), 0), 10 * 365 * 24 * 3600)
        let task = channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { handler.expire() }
        channel.closeFuture.whenComplete { _ in task.cancel() }
    }

    private static func headers(_ format: WireFormat) -> HTTPHeaders {
        ["sec-websocket-protocol": format.rawValue]
    }

    private static func aggregator(_ configuration: GatewayConfiguration) -> NIOWebSocketFrameAggregator {
        NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
            maxAccumulatedFrameSize: configuration.frameBytes)
    }

    private static let noSubprotocol = HTTPAnswer.error(
        .badRequest, .badRequest,
        "offer one of the subprotocols " + WireFormat.allCases.map(\.rawValue).joined(separator: ", "))
}

/// The path of a request's target, without the query.
enum HTTPPath {
    static func of(_ uri: String) -> Substring { uri.prefix { $0 != "?" } }
}
