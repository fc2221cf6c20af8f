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

extension Session {
    func hasOpen(_ seq: Position) -> Bool {
        // In the order of their positions, and most sessions have none.
        for tag in open {
            guard case .message(_, let mark, _, _) = tag.obligation, mark.seq >= seq else { continue }
            return mark.seq == seq
        }
        return false
    }
}
