import RestanteMetrics
import RestanteWire

/// What a client's frame was.
enum ReceivedKind: Int, CaseIterable, MetricLabel {
    case send, ack, ping, request
    /// A service's send over HTTP.
    case post
    /// A send or request that is refused as it stands.
    case unservable
    /// No frame of the schema: the connection is closed.
    case malformed

    static let texts = allCases.map { "\($0)" }
    var index: Int { rawValue }
}

extension ReceivedKind {
    init(_ action: ClientAction) {
        self =
            switch action {
            case .send: .send
            case .acknowledge: .ack
            case .ping: .ping
            case .request, .refresh: .request
            case .rejectSend, .failRequest: .unservable
            }
    }
}

/// What a frame to a client was.
enum SentKind: Int, CaseIterable, MetricLabel {
    case welcome, deliver, gap, receipt, undelivered, acked, drained, accepted, relayed, rejected, reply, failure, pong,
        closing
    /// A kind that this list has not been told of.
    case other

    static let texts = allCases.map { "\($0)" }
    var index: Int { rawValue }
}

extension SentKind {
    init(_ frame: SessionFrame) {
        self =
            switch frame {
            case .message, .shared: .deliver
            case .accepted: .accepted
            case .acked: .acked
            case .other(let frame): SentKind(frame)
            }
    }

    private init(_ frame: WireServerFrame) {
        self =
            switch frame.frame {
            case .welcome: .welcome
            case .deliver: .deliver
            case .gap: .gap
            case .receipt: .receipt
            case .undelivered: .undelivered
            case .acked: .acked
            case .drained: .drained
            case .accepted: .accepted
            case .relayed: .relayed
            case .rejected: .rejected
            case .reply: .reply
            case .failure: .failure
            case .pong: .pong
            case .closing: .closing
            default: .other
            }
    }
}
