public import RestanteCore
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// From Core to the wire: one function for each frame that the server sends.
extension WireServerFrame {
    /// - Parameter expiresAt: when its token expires, in milliseconds since the epoch; 0: not told.
    public static func welcome(
        session: String, claimed: Claimed, limits: Limits, expiresAt: Int64 = 0
    ) -> WireServerFrame {
        .with {
            $0.welcome = .with {
                $0.session = session
                $0.user = claimed.address.user.rawValue
                $0.device = claimed.address.device.rawValue
                $0.epoch = claimed.epoch
                $0.pending = .with {
                    $0.messages = claimed.pending.messages
                    $0.bytes = claimed.pending.bytes
                }
                $0.limits = WireLimits(limits)
                $0.serverTime = claimed.serverTime
                $0.expiresAt = expiresAt
            }
        }
    }

    /// A message, gap, receipt or undelivered, with its tag.
    public static func deliver(_ delivery: Delivery) -> WireServerFrame {
        switch delivery.owed {
        case .message(let message): live(message, tag: delivery.tag)
        case .gap(let conversation, let count, let reason): gap(delivery.tag, conversation, count, reason)
        case .receipt(let conversation, let reader, let ids): receipt(delivery.tag, conversation, reader, ids)
        case .undelivered(let ids, let reason): undelivered(delivery.tag, ids, reason)
        }
    }

    /// - Parameter tag: 0 for an ephemeral message, which has nothing to acknowledge.
    public static func live(_ message: RestanteCore.Message, tag: UInt64) -> WireServerFrame {
        .with {
            $0.deliver = .with {
                $0.tag = tag
                $0.from = WireSender(message.from)
                $0.conversation = WireConversation(message.conversation)
                $0.messageID = Data(message.id.bytes)
                $0.acceptedAt = message.acceptedAt
                $0.kind = WireKind(message.kind)
                $0.payload = Data(message.payload)
                $0.urgency = message.urgency == .urgent ? .urgent : .normal
            }
        }
    }

    private static func gap(
        _ tag: UInt64, _ conversation: Conversation, _ count: Int64, _ reason: LossReason
    ) -> WireServerFrame {
        .with {
            $0.gap = .with {
                $0.tag = tag
                $0.conversation = WireConversation(conversation)
                $0.count = count
                $0.reason = WireLossReason(reason)
            }
        }
    }

    private static func receipt(
        _ tag: UInt64, _ conversation: Conversation, _ reader: UserName, _ ids: [MessageID]
    ) -> WireServerFrame {
        .with {
            $0.receipt = .with {
                $0.tag = tag
                $0.conversation = WireConversation(conversation)
                $0.reader = reader.rawValue
                $0.messageIds = ids.map { Data($0.bytes) }
            }
        }
    }

    private static func undelivered(_ tag: UInt64, _ ids: [MessageID], _ reason: LossReason) -> WireServerFrame {
        .with {
            $0.undelivered = .with {
                $0.tag = tag
                $0.messageIds = ids.map { Data($0.bytes) }
                $0.reason = WireLossReason(reason)
            }
        }
    }

    public static func acked(through tag: UInt64) -> WireServerFrame {
        .with { $0.acked = .with { $0.through = tag } }
    }

    public static func drained() -> WireServerFrame { .with { $0.drained = WireDrained() } }

    public static func pong() -> WireServerFrame { .with { $0.pong = WirePong() } }

    /// The answer to a send.
    public static func sent(_ id: MessageID, _ outcome: SendOutcome) -> WireServerFrame {
        switch outcome {
        case .accepted(let time, let duplicate):
            .with {
                $0.accepted = .with {
                    $0.messageID = Data(id.bytes)
                    $0.acceptedAt = time
                    $0.duplicate = duplicate
                }
            }
        case .relayed: .with { $0.relayed = .with { $0.messageID = Data(id.bytes) } }
        case .rejected(let refusal): rejected(messageID: id.bytes, refusal)
        }
    }

    /// - Parameter messageID: as it came, which may be no id at all.
    public static func rejected(messageID: [UInt8], _ refusal: Refusal) -> WireServerFrame {
        .with {
            $0.rejected = .with {
                $0.messageID = Data(messageID)
                $0.code = UInt32(refusal.code.rawValue)
                $0.name = refusal.code.name
                $0.reason = refusal.reason
                $0.retryAfter = UInt32(clamping: refusal.retryAfter ?? 0)
                if let stale = refusal.stale { $0.stale = WireStale(stale) }
            }
        }
    }

    /// - Parameters:
    ///   - reason: a stable word, as the `.proto` lists them.
    ///   - milliseconds: to wait before connecting again.
    public static func closing(reason: String, reconnectAfterMilliseconds milliseconds: UInt32) -> WireServerFrame {
        .with {
            $0.closing = .with {
                $0.reason = reason
                $0.reconnectAfter = milliseconds
            }
        }
    }
}
