public import RestanteCore

/// A frame for a client, in Core's terms until it is written: what makes up the traffic has a case, and is written to the
/// binary subprotocol without being copied on the way.
public enum SessionFrame: Sendable, Equatable {
    /// A `deliver` with a message. The tag is 0 for an ephemeral one, which has nothing to acknowledge.
    case message(RestanteCore.Message, tag: UInt64)
    /// The same, of a message that goes to others too.
    case shared(SharedMessage, tag: UInt64)
    case accepted(MessageID, at: Int64, duplicate: Bool)
    case acked(through: UInt64)
    /// Any frame, for SwiftProtobuf to write.
    indirect case other(WireServerFrame)

    /// What is owed, with its tag.
    public static func deliver(_ delivery: Delivery) -> SessionFrame {
        if case .message(let message) = delivery.owed { return .message(message, tag: delivery.tag) }
        return .other(.deliver(delivery))
    }

    /// The answer to a send.
    public static func sent(_ id: MessageID, _ outcome: SendOutcome) -> SessionFrame {
        if case .accepted(let time, let duplicate) = outcome { return .accepted(id, at: time, duplicate: duplicate) }
        return .other(.sent(id, outcome))
    }

    /// The frame as the schema has it.
    public var wire: WireServerFrame {
        switch self {
        case .message(let message, let tag): .live(message, tag: tag)
        case .shared(let shared, let tag): .live(shared.message, tag: tag)
        case .accepted(let id, let time, let duplicate): .sent(id, .accepted(at: time, duplicate: duplicate))
        case .acked(let tag): .acked(through: tag)
        case .other(let frame): frame
        }
    }
}
