import Foundation
import RestanteCore

/// What became of each message of a storm. Bound to one event loop.
///
/// A message's id names its recipient and its number there, so that nothing has to be looked up.
final class StormLedger {
    private struct Entry {
        var isAccepted = false
        var isDelivered = false
        /// `acked` has said that it will not come again.
        var isAcked = false
        /// It was acknowledged and has not come again, though everything that is owed has.
        var isSettled = false
        /// The recipient's connection that it was delivered on last.
        var session: UInt32 = 0
        var isOwed: Bool { isAccepted && !isAcked && !isSettled }
    }

    private var entries: [[Entry]]
    private(set) var sent = 0
    private(set) var accepted = 0
    /// Accepted, and neither acknowledged for good nor settled.
    private(set) var owed = 0
    /// Delivered again after `acked` had said that it would not (P3).
    private(set) var cameBack = 0
    /// Delivered twice on one connection.
    private(set) var twice = 0
    /// Delivered to somebody whom it was not sent to.
    private(set) var astray = 0

    init(recipients: Int) {
        entries = Array(repeating: [], count: recipients)
    }

    /// The id of the next message to a recipient.
    func send(to recipient: Int) -> MessageID {
        let number = entries[recipient].count
        entries[recipient].append(Entry())
        sent += 1
        let time = UInt64(Date().timeIntervalSince1970 * 1000)
        return MessageID(
            high: time << 16 | 0x7000 | UInt64(sent & 0xFFF),
            low: 0x8000_0000_0000_0000 | UInt64(recipient) << 32 | UInt64(number))
    }

    static func recipient(of id: MessageID) -> Int { Int((id.low >> 32) & 0x3FFF_FFFF) }
    static func number(of id: MessageID) -> Int { Int(id.low & 0xFFFF_FFFF) }

    func accept(_ id: MessageID) {
        change(id) { entry in
            guard !entry.isAccepted else { return }
            entry.isAccepted = true
            accepted += 1
        }
    }

    func deliver(_ id: MessageID, to recipient: Int, session: UInt32) {
        guard Self.recipient(of: id) == recipient, entries[recipient].indices.contains(Self.number(of: id)) else {
            astray += 1
            return
        }
        change(id) { entry in
            if entry.isAcked { cameBack += 1 }
            if entry.session == session { twice += 1 }
            entry.isDelivered = true
            entry.isSettled = false
            entry.session = session
        }
    }

    /// `acked` has come for it.
    func forget(_ id: MessageID) {
        change(id) { $0.isAcked = true }
    }

    /// It was acknowledged and is owed no more, but `acked` did not come: as ``StormMailbox/drained()`` finds out.
    func settle(_ id: MessageID) {
        change(id) { $0.isSettled = true }
    }

    /// Messages whose acknowledgement was kept and not confirmed.
    var settled: Int { entries.reduce(0) { $0 + $1.count(where: \.isSettled) } }

    /// Messages that were accepted and never came.
    var lost: Int {
        entries.reduce(0) { $0 + $1.count { $0.isAccepted && !$0.isDelivered } }
    }

    private func change(_ id: MessageID, _ body: (inout Entry) -> Void) {
        let (recipient, number) = (Self.recipient(of: id), Self.number(of: id))
        guard entries.indices.contains(recipient), entries[recipient].indices.contains(number) else { return }
        let wasOwed = entries[recipient][number].isOwed
        body(&entries[recipient][number])
        switch (wasOwed, entries[recipient][number].isOwed) {
        case (false, true): owed += 1
        case (true, false): owed -= 1
        default: break
        }
    }
}
