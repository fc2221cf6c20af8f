import RestanteCore

/// Mail that a device should hear of.
extension Engine {
    struct WaitingMail {
        var log: LogKey
        var urgency: Urgency
    }

    /// Messages that are looked at for one device: beyond that many which it need not hear of, it is woken all the same.
    private static let mostLookedAt = 1024
    /// Of one log at once.
    private static let lookedAt = 64

    /// The first that waits for a device behind this position: what users and services sent, not who joined.
    ///
    /// - Parameter seeksUrgent: whether urgent mail is looked for behind normal mail, among the first that wait.
    func waitingMail(
        for device: DeviceKey, behind cursors: [Cursor], beyond: Position, seeksUrgent: Bool
    ) throws -> WaitingMail? {
        var looked = 0
        var found: WaitingMail?
        for cursor in cursors {
            var after = max(cursor.acked.seq, beyond)
            while try head(of: cursor.log).seq > after {
                let seqs = try index.positions(
                    of: cursor.log, after: after, through: cursor.until ?? .max, limit: Self.lookedAt)
                for seq in seqs {
                    guard let urgency = try urgency(of: seq, for: device) else { continue }
                    if urgency == .urgent || !seeksUrgent { return WaitingMail(log: cursor.log, urgency: urgency) }
                    found = found ?? WaitingMail(log: cursor.log, urgency: urgency)
                }
                looked += seqs.count
                if let found, looked >= Self.lookedAt { return found }
                if looked >= Self.mostLookedAt { return WaitingMail(log: cursor.log, urgency: .normal) }
                guard seqs.count == Self.lookedAt, let last = seqs.last else { break }
                after = last
            }
        }
        return found
    }

    /// Nil: it is no mail for this device. The payload is not read, and its checksum not compared.
    private func urgency(of seq: Position, for device: DeviceKey) throws -> Urgency? {
        let row = try connection.first("SELECT sender_id, kind, flags FROM messages WHERE seq = ?1", seq) {
            (sender: $0.int(0), kind: $0.int(1), flags: MessageFlags(rawValue: $0.int(2)))
        }
        guard let row, row.kind == MessageKind.message.rawValue, row.sender != device, !row.flags.isTombstone else {
            return nil
        }
        return row.flags.contains(.urgent) ? .urgent : .normal
    }
}
