import RestanteCore

/// What the server says, in the terms of Core.
enum ServerFrame: Sendable, Equatable {
    case welcome(Welcome)
    case delivery(Owed, tag: UInt64)
    case relayed(Message)
    case acknowledged(through: UInt64)
    case drained
    case sent(MessageID, SendAnswer)
    case rejected(MessageID, Refusal)
    case reply(Reply, id: UInt64)
    case failure(Refusal, id: UInt64)
    case pong
    case closing(reason: String, reconnectAfter: Int64)
}
