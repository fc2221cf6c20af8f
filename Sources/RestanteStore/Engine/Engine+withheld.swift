import RestanteCore

/// Messages of blocked senders: accepted, remembered without their payload, and shown to nobody.
///
/// Their senders see what they would see of a recipient that stays away: pending until the time to live is over or the
/// device is unlinked, then lost, and told so if a receipt was asked for. No reader is told of anything.
extension Engine {
    private static let columns =
        "seq, log_id, sender_id, message_id, accepted_at, expires_at, flags, log_count, log_bytes"

    /// Takes the place of an `append`: a position is used up, and nothing is shown.
    func withhold(_ row: MessageRow, bytes: Int) throws {
        let last = try withheldMark(of: row.log, "DESC") ?? .start
        try connection.run(
            "INSERT INTO withheld(\(Self.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            try positions.take(), row.log, row.sender, row.id.bytes, row.acceptedAt, row.expiresAt, row.flags.rawValue,
            last.count + 1, last.bytes + Int64(bytes))
        expiry.dueAt = min(expiry.dueAt, row.expiresAt)
    }

    /// Refuses as a mailbox would that nobody empties and that holds nothing else: whether the real one has room depends on
    /// its owner, and says that it comes by.
    func checkWithheld(_ targets: [Target]) throws {
        for target in targets {
            guard let last = try withheldMark(of: target.log, "DESC"),
                let first = try withheldMark(of: target.log, "ASC")
            else { return }
            let isFull =
                last.count - first.count + 1 >= limits.mailboxMessages
                || last.bytes - first.bytes + Int64(target.payload.count) > limits.mailboxBytes
            guard isFull else { return }
        }
        throw Refusal.mailboxFull
    }

    /// The running totals at the newest or oldest that is remembered.
    private func withheldMark(of log: LogKey, _ order: String) throws -> LogMark? {
        try connection.first(
            "SELECT seq, log_count, log_bytes FROM withheld WHERE log_id = ?1 ORDER BY seq \(order) LIMIT 1", log
        ) { LogMark(seq: $0.int(0), count: $0.total(1), bytes: $0.total(2)) }
    }

    /// A cursor that ends leaves behind it what was withheld, too; 0: nothing was.
    func lastWithheld(of log: LogKey) throws -> Position { try withheldMark(of: log, "DESC")?.seq ?? 0 }

    func withheld(_ seq: Position) throws -> MessageRow? {
        try connection.first("SELECT \(Self.columns) FROM withheld WHERE seq = ?1", seq, row: Self.row)
    }

    private static func row(_ row: Statement) -> MessageRow {
        MessageRow(
            seq: row.int(0), log: row.int(1), sender: row.int(2),
            id: row.withBytes(3) { MessageID(bytes: $0) } ?? MessageID(high: 0, low: 0), acceptedAt: row.int(4),
            expiresAt: row.int(5), kind: .message, flags: MessageFlags(rawValue: row.int(6)), logCount: row.total(7),
            logBytes: row.total(8), payload: [])
    }

    // MARK: Their end

    /// Up to so many of those whose time is over; false: there are no more.
    func expireWithheld(_ now: Int64, stride: Int) throws -> Bool {
        let due = try connection.all(
            "SELECT \(Self.columns) FROM withheld WHERE flags & 8 = 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
            now, stride, row: Self.row)
        for row in due {
            try endWithheld(row.seq)
            if row.flags.contains(.receipt) { try tellIfUndelivered(row, because: .expired) }
            // Nobody can ask for it any more.
            if row.id < idsFrom { try connection.run("DELETE FROM withheld WHERE seq = ?1", row.seq) }
        }
        return due.count == stride
    }

    func nextWithheldDue() throws -> Int64? {
        try connection.first(
            "SELECT expires_at FROM withheld WHERE flags & 8 = 0 ORDER BY expires_at LIMIT 1", row: { $0.int(0) })
    }

    /// Its sender has been told, or will not be.
    func endWithheld(_ seq: Position) throws {
        try connection.run("UPDATE withheld SET flags = flags | 8 WHERE seq = ?1", seq)
    }

    /// A device that is unlinked does not get what was withheld from it either.
    func noteEndingOfWithheld(_ log: LogKey, because reason: LossReason) throws {
        guard let first = try withheldMark(of: log, "ASC") else { return }
        try noteEnding(of: log, from: first.seq, through: positions.head, because: reason)
    }

    func cancelWithheld(_ id: MessageID, from sender: DeviceKey) throws {
        try connection.run("DELETE FROM withheld WHERE message_id = ?1 AND sender_id = ?2", id.bytes, sender)
    }

    /// With the ids that are forgotten; what has not expired goes when it does.
    func forgetWithheld(from: MessageID, below boundary: MessageID) throws {
        try connection.run(
            "DELETE FROM withheld WHERE message_id >= ?1 AND message_id < ?2 AND flags & 8", from.bytes, boundary.bytes)
    }
}
