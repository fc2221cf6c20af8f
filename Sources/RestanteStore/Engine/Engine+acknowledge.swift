import RestanteCore

extension Engine {
    static let moveCursorSQL = """
        UPDATE cursors SET acked_seq = ?3, acked_count = ?4, acked_bytes = ?5
        WHERE device_id = ?1 AND log_id = ?2 AND acked_seq < ?3
        """

    /// Closes tags and moves the cursors that they stand for. A session that was displaced is not found: what it
    /// acknowledges counts for nothing (P8).
    func acknowledge(_ id: SessionID, through tag: UInt64) throws {
        guard let session = sessions[id] else { return }
        guard tag <= session.lastTag else {
            events.append(.acknowledgedUnknown(id))
            return
        }
        var moves: [(log: LogKey, mark: LogMark)] = []
        while let closed = session.closes(through: tag) {
            try discharge(closed, of: session, &moves)
            for passed in closed.passed where !moves.raise(passed.log, to: passed.mark) {
                session.looksPast(passed.log, passed.mark)
                lateCursors.note(session, after: committedAt)
            }
        }
        for (log, mark) in moves { try moveCursor(session, log, to: mark) }
        acknowledged[id] = max(acknowledged[id] ?? 0, tag)
    }

    private func discharge(
        _ closed: OpenTag, of session: Session, _ moves: inout [(log: LogKey, mark: LogMark)]
    ) throws {
        switch closed.obligation {
        case .message(let log, let mark, _, let receipt):
            counts.acknowledged += 1
            // Before the cursor moves: whether another device of the user was first is asked of the cursors.
            if let receipt { try owe(receipt, log, mark.seq, reader: session) }
            try settleDisputes(of: session, log, through: mark.seq, count: 1)
            moves.merge(log, mark)
        case .gap(let log, let gap):
            try settleDisputes(of: session, log, through: gap.through.seq, count: gap.count)
            try recordLoss(session.device, log, gap)
            moves.merge(log, gap.through)
        case .loss(let id):
            try connection.run("UPDATE losses SET acked = 1 WHERE loss_id = ?1", id)
        case .receipts(let ids):
            for id in ids { try connection.run("DELETE FROM receipts WHERE receipt_id = ?1", id) }
        }
    }

    func moveCursor(_ session: Session, _ log: LogKey, to mark: LogMark) throws {
        try statements.moveCursor.run(session.device, log, mark.seq, mark.count, mark.bytes)
        guard connection.changes > 0 else { return }
        sweeper.note(log)
        if let until = session.follows[log]?.until, mark.seq >= until {
            try endCursor(session.device, log, because: nil)
            session.follows[log] = nil
            stopFollowing(session, log)
        }
    }

    /// Ends a cursor: what was not acknowledged of it is lost for this reason, which is noted before; nil: nothing was.
    func endCursor(_ device: DeviceKey, _ log: LogKey, because reason: LossReason?) throws {
        try connection.run(
            "INSERT INTO ended_cursors(device_id, log_id, started_seq, acked_seq, until_seq, ended_at, reason)"
                + " SELECT device_id, log_id, started_seq, acked_seq, coalesce(until_seq, ?3), ?4, ?5"
                + " FROM cursors WHERE device_id = ?1 AND log_id = ?2",
            device, log, max(try head(of: log).seq, try lastWithheld(of: log)), now, reason?.rawValue ?? 0)
        try connection.run("DELETE FROM cursors WHERE device_id = ?1 AND log_id = ?2", device, log)
        sweeper.note(log)
    }
}

extension [(log: LogKey, mark: LogMark)] {
    /// Few logs to a window, so a list is searched faster than a table.
    fileprivate mutating func merge(_ log: LogKey, _ mark: LogMark) {
        if !raise(log, to: mark) { append((log, mark)) }
    }

    /// False: the log is not among them.
    fileprivate mutating func raise(_ log: LogKey, to mark: LogMark) -> Bool {
        guard let index = lastIndex(where: { $0.log == log }) else { return false }
        if self[index].mark.seq < mark.seq { self[index].mark = mark }
        return true
    }
}
