import RestanteCore

extension Engine {
    /// Rows that are looked at to count a gap: an admin may remove and add a thousand members in one request.
    private static let mostCounted = 256

    /// Notes that a device will not get what it was owed in this stretch of a log; nil: there is nothing new to tell.
    ///
    /// The loss stands for the gap that the device is told, in its place in the order, and for the answer to `status`.
    /// What is on its way to the device is not counted in the gap, and taken from the row when it is acknowledged.
    @discardableResult
    func lose(
        _ device: DeviceKey, _ log: LogKey, after acked: LogMark, through end: LogMark, because reason: LossReason
    ) throws -> Loss? {
        let count = try countOwed(device, log, after: acked, through: end)
        guard count > 0 else { return nil }
        counts.lose(count, because: reason)
        let sent = sessionOfDevice[device]?.lastOpen(of: log, after: acked)
        try noteEndings(of: log, after: acked.seq, through: end.seq, sentThrough: sent?.seq, because: reason)
        if try widenLoss(device, log, after: acked, through: end, by: count, reason) { return nil }
        try connection.run(
            "INSERT INTO losses(device_id, log_id, from_seq, through_seq, reason, count, lost_at)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            device, log, acked.seq + 1, end.seq, reason.rawValue, count, now)
        let id = connection.lastInsertedRow
        guard let sent, let session = sessionOfDevice[device] else {
            return Loss(id: id, log: log, through: end.seq, count: count, reason: reason)
        }
        let certain = sent.seq < end.seq ? try countOwed(device, log, after: sent, through: end) : 0
        session.disputes.append(
            Dispute(
                loss: id, log: log, after: acked.seq, openThrough: min(sent.seq, end.seq), count: certain))
        return Loss(id: id, log: log, through: end.seq, count: certain, reason: reason)
    }

    /// What is on its way has a row of its own: the rest does not wait until that is settled.
    private func noteEndings(
        of log: LogKey, after acked: Position, through end: Position, sentThrough: Position?, because reason: LossReason
    ) throws {
        let sent = min(sentThrough ?? acked, end)
        if sent > acked { try noteEnding(of: log, from: acked + 1, through: sent, because: reason) }
        if end > sent { try noteEnding(of: log, from: sent + 1, through: end, because: reason) }
    }

    /// A device that is away and loses again and again is told of it once.
    private func widenLoss(
        _ device: DeviceKey, _ log: LogKey, after acked: LogMark, through end: LogMark, by count: Int64,
        _ reason: LossReason
    ) throws -> Bool {
        guard sessionOfDevice[device] == nil else { return false }
        try connection.run(
            "UPDATE losses SET through_seq = ?5, count = count + ?6 WHERE device_id = ?1 AND acked = 0 AND log_id = ?2"
                + " AND reason = ?3 AND through_seq = ?4",
            device, log, reason.rawValue, acked.seq, end.seq, count)
        return connection.changes > 0
    }

    /// A gap that a read found and its reader has acknowledged: `status` answers from it.
    func recordLoss(_ device: DeviceKey, _ log: LogKey, _ gap: Gap) throws {
        try connection.run(
            "INSERT INTO losses(device_id, log_id, from_seq, through_seq, reason, count, lost_at, acked)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
            device, log, gap.from, gap.through.seq, gap.reason.rawValue, gap.count, now)
        counts.lose(gap.count, because: gap.reason)
        try noteEnding(of: log, from: gap.from, through: gap.through.seq, because: gap.reason)
    }

    /// Tells a connected device of a loss before whatever comes after it, and moves its place in the log there. Not of one
    /// that is all on its way.
    func tell(_ loss: Loss, to session: Session) {
        if loss.count > 0 {
            let place = session.losses.firstIndex { $0.through > loss.through } ?? session.losses.endIndex
            session.losses.insert(loss, at: place)
        }
        session.merge = nil
        sendBehind(session)
    }

    /// A live session that must read again, because something stands before what it would get next.
    func sendBehind(_ session: Session) {
        guard session.state == .live else { return }
        session.fallBehind()
        events.append(.behind(session.id))
    }

    /// Messages in this stretch of a log that a device was to get. The running totals say how many it has at the most:
    /// own and withdrawn ones count there, and are left out here as long as there are few to look at.
    private func countOwed(
        _ device: DeviceKey, _ log: LogKey, after acked: LogMark, through end: LogMark
    ) throws -> Int64 {
        let most = end.count - acked.count
        guard most > 0, most <= Self.mostCounted else { return max(0, most) }
        var count: Int64 = 0
        for seq in try index.positions(of: log, after: acked.seq, through: end.seq, limit: Int(most)) {
            let isOwed = try connection.first(
                "SELECT sender_id <> ?2 AND flags & ?3 = 0 FROM messages WHERE seq = ?1", seq, device,
                MessageFlags.withdrawn.rawValue
            ) { $0.int(0) }
            count += isOwed ?? 0
        }
        return count
    }
}
