import RestanteCore

extension DatabaseCheck {
    private static let rowsSQL = """
        SELECT seq, log_id, sender_id, message_id, accepted_at, expires_at, kind, flags, log_count, log_bytes, checksum, payload
        FROM messages WHERE seq > ?1 ORDER BY seq LIMIT 256
        """

    /// Every message's checksum, and that each counts one more than the one before it in its log.
    mutating func checkMessages(_ progress: (Int64, Int64) -> Void) throws {
        let total = try connection.first("SELECT count(*) FROM messages") { $0.int(0) } ?? 0
        var log = LogsSeen(try names())
        var last: Position = .min
        var done: Int64 = 0
        while true {
            let rows = try rows(after: last)
            guard let end = rows.last else { break }
            for row in rows { look(at: row, &log) }
            last = end.seq
            done += Int64(rows.count)
            count(done)
            progress(done, total)
        }
    }

    private func rows(after last: Position) throws -> [CheckedRow] {
        let statement = try connection.prepare(Self.rowsSQL)
        statement.bind(last)
        defer { statement.reset() }
        var rows: [CheckedRow] = []
        while try statement.step() { rows.append(CheckedRow(statement)) }
        return rows
    }

    private mutating func look(at row: CheckedRow, _ logs: inout LogsSeen) {
        guard logs.findings < Self.most else { return }
        let place = "messages seq \(row.seq) (\(logs.name(of: row.log)))"
        if logs.names[row.log] == nil {
            logs.findings += 1
            note(place, "there is no such log")
        }
        guard row.isSound else {
            logs.findings += 1
            logs.counts[row.log] = nil
            return note(place, "the row is not what its checksum says; its readers will be told of a gap")
        }
        if let before = logs.counts.updateValue(row.count, forKey: row.log), before + 1 != row.count {
            logs.findings += 1
            note(place, "\(row.count - before - 1) messages before it are missing, by the running totals of its log")
        }
    }

    private func names() throws -> [LogKey: String] {
        let rows = try connection.all("SELECT log_id, kind || ' ' || name FROM logs") { ($0.int(0), $0.text(1)) }
        return Dictionary(rows) { first, _ in first }
    }
}

/// What was seen of each log so far.
private struct LogsSeen {
    let names: [LogKey: String]
    var counts: [LogKey: Int64] = [:]
    var findings = 0

    init(_ names: [LogKey: String]) { self.names = names }

    func name(of log: LogKey) -> String { names[log] ?? "log \(log)" }
}

/// A row of `messages`, as far as the check needs it.
private struct CheckedRow {
    let seq: Position
    let log: LogKey
    let count: Int64
    let isSound: Bool

    init(_ statement: Statement) {
        seq = statement.int(0)
        log = statement.int(1)
        count = statement.int(8)
        guard let id = statement.withBytes(3, { MessageID(bytes: $0) }),
            let kind = MessageKind(rawValue: Int(statement.int(6)))
        else {
            isSound = false
            return
        }
        let row = MessageRow(
            seq: seq, log: log, sender: statement.int(2), id: id, acceptedAt: statement.int(4),
            expiresAt: statement.int(5), kind: kind, flags: MessageFlags(rawValue: statement.int(7)), logCount: count,
            logBytes: statement.int(9), payload: statement.bytes(11))
        isSound = rowChecksum(row) == statement.int(10)
    }
}
