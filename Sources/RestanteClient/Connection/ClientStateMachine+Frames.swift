import RestanteCore

extension ClientStateMachine {
    /// A frame from the server.
    mutating func received(_ frame: ServerFrame) -> [Action] {
        if case .finished = state { return [] }
        if case .welcome(let welcome) = frame { return welcomed(welcome) }
        if case .closing(let reason, let reconnectAfter) = frame {
            self.reconnectAfter = max(reconnectAfter, 0)
            return [.emit(.closing(reason: reason))]
        }
        guard state == .welcomed else { return protocolViolation() }
        return receivedWhenWelcomed(frame)
    }

    private mutating func receivedWhenWelcomed(_ frame: ServerFrame) -> [Action] {
        switch frame {
        case .delivery(let owed, let tag): return deliver(owed, tag: tag)
        case .relayed(let message): return [.emit(.relayed(message))]
        case .acknowledged(let through):
            return [.emit(.acknowledged(through: DeliveryToken(connection: connection, tag: through)))]
        case .drained: return [.emit(.drained)]
        case .sent(let id, let answer): return sends.remove(id) ? [.answered(id, answer)] + fill() : []
        case .rejected(let id, let refusal): return rejected(id, refusal)
        case .reply(let reply, let id): return requests.remove(id) ? [.replied(id, reply)] : []
        case .failure(let refusal, let id): return requests.remove(id) ? [.refused(id, refusal)] : []
        case .pong: return []
        case .welcome, .closing: preconditionFailure("handled before")
        }
    }

    private mutating func deliver(_ owed: Owed, tag: UInt64) -> [Action] {
        // Tags count up by one (docs/PROTOCOL.md); an acknowledgement is cumulative, so a hole would lose mail.
        guard tag == delivered + 1 else { return protocolViolation() }
        delivered = tag
        return [.emit(.delivery(owed, DeliveryToken(connection: connection, tag: tag)))]
    }

    private mutating func rejected(_ id: MessageID, _ refusal: Refusal) -> [Action] {
        // A server on its way out: nothing was stored, and the next connection resends it by itself.
        if refusal.code == .shuttingDown { return [] }
        return sends.remove(id) ? [.rejected(id, refusal)] + fill() : []
    }
}
