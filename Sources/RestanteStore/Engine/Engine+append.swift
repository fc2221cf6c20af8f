import CSQLite
import RestanteCore

extension Engine {
    static let insertMessageSQL = """
        INSERT INTO messages(seq, log_id, sender_id, message_id, accepted_at, expires_at, kind, flags,
            log_count, log_bytes, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """

    /// Where a log ends, with its running totals there.
    func head(of log: LogKey) throws -> LogMark {
        if let latestHead, latestHead.log == log { return latestHead.mark }
        let mark: LogMark
        if let known = heads[log] {
            mark = known
        } else {
            mark = try lookUpHead(of: log)
            heads[log] = mark
        }
        latestHead = (log, mark)
        return mark
    }

    /// The last message that the index has of a log; nil: it has none.
    func lastMessage(of log: LogKey) throws -> LogMark? {
        guard let seq = try index.last(of: log) else { return nil }
        // Later messages count on from here: only from a row that holds.
        let found = try message(seq)
        if found == nil, try sweptMark(of: log).seq >= seq { return nil }
        guard let (row, isSound) = found, isSound, row.log == log else { return try mark(ofDamaged: seq, log) }
        return row.mark
    }

    func sweptMark(of log: LogKey) throws -> LogMark {
        try connection.first("SELECT swept_through, swept_count, swept_bytes FROM logs WHERE log_id = ?1", log) {
            LogMark(seq: $0.int(0), count: $0.total(1), bytes: $0.total(2))
        } ?? .start
    }

    /// Adds a message to a log: one row, however many will read it.
    @discardableResult
    func append(
        to log: LogKey, from sender: DeviceKey, id: MessageID, acceptedAt: Int64, expiresAt: Int64,
        kind: MessageKind = .message, flags: MessageFlags = [], payload: Payload, label: String? = nil
    ) throws -> MessageRow {
        let head = try head(of: log)
        let early = expiry.add(expiresAt, acceptedAt: acceptedAt, usual: limits.timeToLive)
        let row = MessageRow(
            seq: try positions.take(), log: log, sender: sender, id: id, acceptedAt: acceptedAt, expiresAt: expiresAt,
            kind: kind, flags: flags.union(early), logCount: head.count + 1,
            logBytes: head.bytes + Int64(payload.count), payload: payload)
        try insert(row)
        heads[log] = row.mark
        latestHead = (log, row.mark)
        index.append(log, row.seq)
        if kind == .message {
            let cause = WakeCause(log: log, urgency: flags.contains(.urgent) ? .urgent : .normal, label: label)
            wakes.note(log, cause, at: timekeeper.lastTime)
        }
        if followers[log] != nil || journalFollows { journal.append(.stored(row)) }
        try limitLag(of: log, before: head, at: row.mark)
        return row
    }

    private func insert(_ row: MessageRow) throws {
        let statement = statements.insertMessage
        var id = (row.id.high.bigEndian, row.id.low.bigEndian)
        try withUnsafeBytes(of: &id) { id in
            try row.payload.withUnsafeBytes { payload in
                statement.bind(row.seq, row.log, row.sender)
                statement.bind(staying: id, at: 4)
                sqlite3_bind_int64(statement.handle, 5, row.acceptedAt)
                sqlite3_bind_int64(statement.handle, 6, row.expiresAt)
                sqlite3_bind_int64(statement.handle, 7, Int64(row.kind.rawValue))
                sqlite3_bind_int64(statement.handle, 8, row.flags.rawValue)
                sqlite3_bind_int64(statement.handle, 9, row.logCount)
                sqlite3_bind_int64(statement.handle, 10, row.logBytes)
                sqlite3_bind_int64(statement.handle, 11, rowChecksum(row))
                statement.bind(staying: payload, at: 12)
                try statement.finish()
            }
        }
    }

    /// Adds a message that the server makes, for readers of a user's or group's log.
    @discardableResult
    func announce(_ kind: MessageKind, in log: LogKey, by sender: DeviceKey, _ payload: Payload) throws -> MessageRow {
        let now = now
        return try append(
            to: log, from: sender, id: MessageID(at: now), acceptedAt: now,
            expiresAt: now + Int64(limits.timeToLive) * 1000, kind: kind, payload: payload)
    }
}
