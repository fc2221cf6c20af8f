import RestanteCore
import RestanteWire

extension ServerFrame {
    /// Reads one binary WebSocket message.
    ///
    /// - Throws: an error with the code to close with, for what is no frame of this protocol.
    init(decoding bytes: [UInt8]) throws(WireError) {
        let frame = try WireFormat.proto.decodeServerFrame(bytes)
        guard let content = frame.frame else { throw .nonsense("a frame without content") }
        switch content {
        case .welcome(let it): self = .welcome(try Welcome(it))
        case .deliver(let it): self = try Self.deliver(it)
        case .gap, .receipt, .undelivered: self = try Self.notice(content)
        case .acked(let it): self = .acknowledged(through: it.through)
        case .drained: self = .drained
        case .accepted(let it):
            self = .sent(try .read(it.messageID), .accepted(at: it.acceptedAt, duplicate: it.duplicate))
        case .relayed(let it): self = .sent(try .read(it.messageID), .relayed)
        case .rejected(let it): self = .rejected(try .read(it.messageID), try Refusal(it))
        case .reply(let it): self = .reply(try Reply(it), id: frame.requestID)
        case .failure(let it): self = .failure(Refusal(it), id: frame.requestID)
        case .pong: self = .pong
        case .closing(let it): self = .closing(reason: it.reason, reconnectAfter: Int64(it.reconnectAfter))
        }
    }

    private static func deliver(_ it: WireDeliver) throws(WireError) -> ServerFrame {
        let message = Message(
            id: try .read(it.messageID), from: try Sender(it.from), conversation: try Conversation(it.conversation),
            acceptedAt: it.acceptedAt, kind: try MessageKind(it.kind),
            urgency: it.urgency == .urgent ? .urgent : .normal, payload: [UInt8](it.payload))
        return it.tag == 0 ? .relayed(message) : .delivery(.message(message), tag: it.tag)
    }

    private static func notice(_ content: WireServerFrame.OneOf_Frame) throws(WireError) -> ServerFrame {
        switch content {
        case .gap(let it):
            let gap = Owed.gap(try Conversation(it.conversation), count: it.count, reason: try LossReason(it.reason))
            return .delivery(gap, tag: it.tag)
        case .receipt(let it):
            let ids = try [MessageID](reading: it.messageIds)
            return .delivery(
                .receipt(try Conversation(it.conversation), reader: try .read(it.reader), ids), tag: it.tag)
        case .undelivered(let it):
            let ids = try [MessageID](reading: it.messageIds)
            return .delivery(.undelivered(ids, reason: try LossReason(it.reason)), tag: it.tag)
        default: preconditionFailure("called for notices only")
        }
    }
}

extension Welcome {
    fileprivate init(_ it: WireWelcome) throws(WireError) {
        self.init(
            session: it.session,
            address: DeviceAddress(user: try .read(it.user), device: try .read(it.device)), epoch: it.epoch,
            pending: Pending(messages: it.pending.messages, bytes: it.pending.bytes),
            messageBytes: Int(it.limits.messageBytes), dedupeHorizon: Int(it.limits.dedupeHorizon),
            serverTime: it.serverTime, expiresAt: it.expiresAt == 0 ? nil : it.expiresAt)
    }
}
