import DequeModule
import RestanteCore

/// Messages that are on their way: a connected device was sent them and has not acknowledged them yet.
///
/// What becomes of one is for its reader to say, as long as the session lasts: it does not expire meanwhile, and its sender
/// does not hear that it came to nothing.
extension Engine {
    /// Milliseconds after which a message that was on its way is looked at again.
    static let lookAgain: Int64 = 5000

    func isHeld(_ seq: Position, in log: LogKey) -> Bool {
        followers[log]?.contains { $0.hasOpen(seq) } == true || leavers[log]?.contains { $0.hasOpen(seq) } == true
    }
}

/// A loss whose first messages a connected device was sent before: what it acknowledges of them, it has not lost.
///
/// The row counts them until then, since a session that ends without an acknowledgement has lost them, too.
struct Dispute {
    let loss: Int64
    let log: LogKey
    /// The loss begins behind this.
    let after: Position
    /// The last of the loss that is on its way.
    let openThrough: Position
    /// What is lost whatever is acknowledged.
    let count: Int64
}

extension Engine {
    /// What is acknowledged was not lost: so many messages of a log, up to this position.
    func settleDisputes(of session: Session, _ log: LogKey, through seq: Position, count: Int64) throws {
        guard !session.disputes.isEmpty else { return }
        for dispute in session.disputes where dispute.log == log && dispute.after < seq {
            if seq < dispute.openThrough {
                try connection.run(
                    "UPDATE losses SET from_seq = ?2 + 1, count = max(1, count - ?3) WHERE loss_id = ?1", dispute.loss,
                    seq, count)
            } else if dispute.count > 0 {
                try connection.run(
                    "UPDATE losses SET from_seq = ?2 + 1, count = ?3 WHERE loss_id = ?1", dispute.loss,
                    dispute.openThrough, dispute.count)
            } else {
                try connection.run("DELETE FROM losses WHERE loss_id = ?1", dispute.loss)
            }
            // The cursor of a membership that has ended says how much of it was received.
            try connection.run(
                "UPDATE ended_cursors SET acked_seq = ?3 WHERE device_id = ?1 AND log_id = ?2 AND started_seq < ?3"
                    + " AND acked_seq < ?3 AND until_seq >= ?3", session.device, log, seq)
        }
        session.disputes.removeAll { $0.log == log && $0.openThrough <= seq }
    }
}

extension Session {
    func hasOpen(_ seq: Position) -> Bool {
        // In the order of their positions, and most sessions have none.
        for tag in open {
            guard case .message(_, let mark, _, _) = tag.obligation, mark.seq >= seq else { continue }
            return mark.seq == seq
        }
        return false
    }

    /// The last place of a log that was sent and has not been acknowledged, of what lies behind this one.
    func lastOpen(of log: LogKey, after acked: LogMark) -> LogMark? {
        for tag in open.reversed() {
            guard let place = tag.obligation.place, place.log == log else { continue }
            return place.mark.seq > acked.seq ? place.mark : nil
        }
        return nil
    }
}

extension Obligation {
    /// Of messages, and of gaps that a read found.
    fileprivate var place: (log: LogKey, mark: LogMark)? {
        switch self {
        case .message(let log, let mark, _, _): (log, mark)
        case .gap(let log, let gap): (log, gap.through)
        case .loss, .receipts: nil
        }
    }
}
