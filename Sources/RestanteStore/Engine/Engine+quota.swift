import RestanteCore

/// What may wait for one device in one log. The lag is told from running totals, without counting.
extension Engine {
    /// Refuses a send when every reader is too far behind: the sender is told, since otherwise mail would be lost that
    /// somebody may still come for. A group takes it, and its slowest members lose their oldest.
    func checkMailboxes(_ submission: Submission, _ targets: [Target], _ author: Author) throws {
        if case .group = submission.recipient { return }
        for target in targets where try !isFull(target, author) { return }
        throw Refusal.mailboxFull
    }

    private func isFull(_ target: Target, _ author: Author) throws -> Bool {
        var head = try head(of: target.log)
        head.count += 1
        head.bytes += Int64(target.payload.count)
        guard try isFarBehind(target.log, head) else { return false }
        let nearest = try connection.first(
            "SELECT acked_count, acked_bytes FROM cursors WHERE log_id = ?1 AND until_seq IS NULL AND device_id <> ?2"
                + " ORDER BY acked_seq DESC LIMIT 1", target.log, author.key
        ) { (count: $0.total(0), bytes: $0.total(1)) }
        guard let nearest else { return false }
        return isTooMuch(head.count - nearest.count, head.bytes - nearest.bytes)
    }

    /// Moves the cursors that have come too far behind to where three quarters are left, with a gap in place of the rest.
    func limitLag(of log: LogKey, before last: LogMark, at head: LogMark) throws {
        guard try isFarBehind(log, head), let mark = try quotaMark(of: log, head, last) else { return }
        let far = try connection.all(
            "SELECT device_id, acked_seq, acked_count, acked_bytes FROM cursors WHERE log_id = ?1 AND until_seq IS NULL"
                + " AND acked_seq < ?2 AND (acked_count < ?3 OR acked_bytes < ?4) ORDER BY acked_seq",
            log, mark.seq, head.count - limits.mailboxMessages, head.bytes - limits.mailboxBytes
        ) { ($0.int(0), LogMark(seq: $0.int(1), count: $0.total(2), bytes: $0.total(3))) }
        for (device, acked) in far { try skip(device, log, from: acked, to: mark) }
        floors[log] = nil
    }

    private func skip(_ device: DeviceKey, _ log: LogKey, from acked: LogMark, to mark: LogMark) throws {
        let loss = try lose(device, log, after: acked, through: mark, because: .quota)
        try statements.moveCursor.run(device, log, mark.seq, mark.count, mark.bytes)
        sweeper.note(log)
        guard let session = sessionOfDevice[device] else { return }
        session.follows[log]?.floor = mark.seq
        if let seen = session.follows[log]?.seen, seen.seq < mark.seq { session.follows[log]?.seen = mark }
        if let loss { tell(loss, to: session) }
    }

    private func isTooMuch(_ count: Int64, _ bytes: Int64) -> Bool {
        count > limits.mailboxMessages || bytes > limits.mailboxBytes
    }

    /// Whether the last of a log's cursors is too far behind. Most logs have not seen so many messages in their life;
    /// of the others the last cursor is remembered, which can only have moved closer since.
    private func isFarBehind(_ log: LogKey, _ head: LogMark) throws -> Bool {
        guard isTooMuch(head.count, head.bytes) else { return false }
        if let floor = floors[log], !isTooMuch(head.count - floor.count, head.bytes - floor.bytes) { return false }
        try moveLateCursors(in: log)
        let last = try connection.first(
            "SELECT acked_seq, acked_count, acked_bytes FROM cursors WHERE log_id = ?1 AND until_seq IS NULL"
                + " ORDER BY acked_seq LIMIT 1", log
        ) { LogMark(seq: $0.int(0), count: $0.total(1), bytes: $0.total(2)) }
        guard let last else { return false }
        floors[log] = last
        return isTooMuch(head.count - last.count, head.bytes - last.bytes)
    }

    /// The first message behind which no more than three quarters of the quota are left; the newest is never skipped.
    private func quotaMark(of log: LogKey, _ head: LogMark, _ last: LogMark) throws -> LogMark? {
        var low: Position = 0
        var high = last.seq
        var found: LogMark?
        while low <= high {
            let middle = low + (high - low) / 2
            guard let mark = try firstMessage(of: log, from: middle, through: high) else {
                high = middle - 1
                continue
            }
            let isBehindIt =
                head.count - mark.count <= limits.mailboxMessages * 3 / 4
                && head.bytes - mark.bytes <= limits.mailboxBytes * 3 / 4
            if isBehindIt {
                found = mark
                high = middle - 1
            } else {
                low = mark.seq + 1
            }
        }
        return try found ?? firstMessage(of: log, from: last.seq, through: last.seq)
    }

    private func firstMessage(of log: LogKey, from low: Position, through high: Position) throws -> LogMark? {
        guard let seq = try index.positions(of: log, after: low - 1, through: high, limit: 1).first else { return nil }
        return try connection.first("SELECT log_count, log_bytes FROM messages WHERE seq = ?1", seq) {
            LogMark(seq: seq, count: $0.total(0), bytes: $0.total(1))
        }
    }
}
