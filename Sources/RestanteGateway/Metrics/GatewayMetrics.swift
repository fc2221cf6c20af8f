import CoreMetrics
import RestanteCore
import RestanteMetrics
import RestanteWire

/// What happens on one event loop, counted: `docs/METRICS.md` says what each metric means.
///
/// Every method may be called on the way of a message: it is an addition or two in memory that only this loop writes, without a
/// lock, a table or a text. There is one for each event loop; those of one factory are shown as one.
final class GatewayMetrics: Sendable {
    private let connections: Meter
    private let connectionsTotal: Counter
    private let handshakes: CounterVector<HandshakeOutcome>
    private let refusals: RefusedHandshakes
    private let sessions: Meter
    private let closes: [CounterVector<CloseCode>]
    private let framesReceived: CounterVector<ReceivedKind>
    private let receivedBytes: Counter
    private let framesSent: CounterVector<SentKind>
    private let sentBytes: Counter
    private let rejected: [CounterVector<ErrorCodeLabel>]
    private let responses: [CounterVector<HTTPStatusLabel>]

    /// What was asked for when it was refused.
    enum Asked: Int, CaseIterable { case send, request }

    init(_ factory: any MetricsFactory, _ refusals: RefusedHandshakes) {
        self.refusals = refusals
        connections = Meter(.connections, factory)
        connectionsTotal = Counter(.connectionsTotal, factory)
        handshakes = CounterVector(.handshakes, factory) { ["outcome": $0] }
        sessions = Meter(.sessions, factory)
        closes = Closer.allCases.map { by in CounterVector(.closes, factory) { ["code": $0, "by": "\(by)"] } }
        framesReceived = CounterVector(.framesReceived, factory) { ["kind": $0] }
        receivedBytes = Counter(.receivedBytes, factory)
        framesSent = CounterVector(.framesSent, factory) { ["kind": $0] }
        sentBytes = Counter(.sentBytes, factory)
        rejected = Asked.allCases.map { asked in
            CounterVector(.rejected, factory) { ["asked": "\(asked)", "code": $0] }
        }
        responses = HTTPRoute.allCases.map { route in
            CounterVector(.httpResponses, factory) { ["route": "\(route)", "status": $0] }
        }
    }

    func connectionOpened() {
        connections.increment()
        connectionsTotal.increment()
    }

    func connectionClosed() { connections.decrement() }

    func handshake(_ outcome: HandshakeOutcome) {
        handshakes.increment(outcome)
        refusals.add(outcome)
    }

    func sessionOpened() { sessions.increment() }

    func sessionClosed() { sessions.decrement() }

    /// A WebSocket ended.
    func closed(_ code: UInt16?, by closer: Closer) { closes[closer.rawValue].increment(CloseCode(code)) }

    func received(_ kind: ReceivedKind, bytes: Int) {
        framesReceived.increment(kind)
        receivedBytes.increment(by: bytes)
    }

    /// What was refused is told by frames alone, whoever refused it, so that is where it is counted.
    func sent(_ frame: SessionFrame, bytes: Int) {
        framesSent.increment(SentKind(frame))
        sentBytes.increment(by: bytes)
        if case .other(let frame) = frame { refused(frame) }
    }

    private func refused(_ frame: WireServerFrame) {
        switch frame.frame {
        case .rejected(let it): refused(it.code, .send)
        case .failure(let it): refused(it.code, .request)
        default: break
        }
    }

    private func refused(_ code: UInt32, _ asked: Asked) {
        if let code = ErrorCode(rawValue: Int(code)) { rejected(code, asked) }
    }

    /// A send or request was refused without a frame.
    func rejected(_ code: ErrorCode, _ asked: Asked = .send) {
        rejected[asked.rawValue].increment(ErrorCodeLabel(code))
    }

    /// A plain HTTP request was answered; one for `/v1/connect` was a handshake, too.
    func answered(_ route: HTTPRoute, status: UInt) {
        responses[route.rawValue].increment(HTTPStatusLabel(status))
        if route == .connect { handshake(.refused(status)) }
    }
}
