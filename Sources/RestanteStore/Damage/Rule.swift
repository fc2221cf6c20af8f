import RestanteCore

/// What must be so in a database between two commits; the statement names the rows where it is not.
struct Rule {
    let place: String
    let what: String
    let sql: String

    static let all = positions + cursors + names + wakes

    private static let next = "(SELECT value FROM meta WHERE key = 'next_seq')"

    private static let positions = [
        Rule(
            place: "meta", what: "it is not above every position that has been given out",
            sql:
                "SELECT 'next_seq ' || value FROM meta WHERE key = 'next_seq' AND (typeof(value) <> 'integer' OR value <= ("
                + "SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce((SELECT max(acked_seq) FROM cursors), 0),"
                + " coalesce((SELECT max(swept_through) FROM logs), 0))))"),
        Rule(
            place: "logs",
            what: "its running totals are negative, or it was swept past a position that is not given out",
            sql: "SELECT log_id || ' ' || kind || ' ' || name FROM logs"
                + " WHERE swept_through >= \(next) OR min(swept_through, swept_count, swept_bytes, version) < 0"),
        Rule(
            place: "meta", what: "it is no position that has been given out",
            sql: "SELECT key || ' ' || value FROM meta WHERE key IN ('owed_through', 'owed_settling')"
                + " AND (typeof(value) <> 'integer' OR value < 0 OR value >= \(next))"),
        Rule(
            place: "logs", what: "it ends at a position that is not given out",
            sql: "SELECT log_id || ' ' || kind || ' ' || name FROM logs WHERE head_seq < 0 OR head_seq >= \(next)"),
        Rule(
            place: "logs", what: "messages were swept that a device has not acknowledged",
            sql: "SELECT l.log_id || ' ' || l.kind || ' ' || l.name FROM logs l WHERE l.swept_through >"
                + " (SELECT min(acked_seq) FROM cursors c WHERE c.log_id = l.log_id)"),
    ]

    private static let wakes = [
        Rule(
            place: "push_targets", what: "there is no such device, or it is unlinked",
            sql: "SELECT 'device ' || p.device_id FROM push_targets p LEFT JOIN devices d USING (device_id)"
                + " WHERE d.device_id IS NULL OR d.kind <> 'device' OR d.unlinked_at IS NOT NULL"),
        Rule(
            place: "push_targets", what: "the device was woken for a position that is not given out",
            sql: "SELECT 'device ' || device_id FROM push_targets WHERE woken_through < 0 OR woken_through >= \(next)"),
        Rule(
            place: "push_targets", what: "it cannot be what an app has registered",
            sql: "SELECT 'device ' || device_id FROM push_targets WHERE token = ''"
                + " OR provider = 3 AND (length(key) IS NOT 65 OR length(secret) IS NOT 16)"
                + " OR length(CAST(placeholder AS BLOB)) > \(PushDisplay.mostBytes)"),
    ]

    private static let cursor =
        "d.user || '/' || d.device || ' in ' || coalesce(l.kind || ' ' || l.name, 'log ' || c.log_id)"
    private static let joined = " FROM cursors c LEFT JOIN devices d USING (device_id) LEFT JOIN logs l USING (log_id)"

    private static let cursors = [
        Rule(
            place: "cursors", what: "there is no such device or log",
            sql:
                "SELECT 'device ' || c.device_id || ', log ' || c.log_id\(joined) WHERE d.device_id IS NULL OR l.log_id IS NULL"
        ),
        Rule(
            place: "cursors", what: "its positions or totals cannot be",
            sql:
                "SELECT \(cursor)\(joined) WHERE c.started_seq < 0 OR c.acked_seq < c.started_seq OR c.acked_seq >= \(next)"
                + " OR c.until_seq < c.started_seq OR min(c.acked_count, c.acked_bytes) < 0"),
        Rule(
            place: "cursors", what: "it ends where no membership does",
            sql: "SELECT \(cursor)\(joined) WHERE c.until_seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages m"
                + " WHERE m.seq = c.until_seq AND m.log_id = c.log_id AND m.kind = 1)"),
        Rule(
            place: "cursors", what: "the device is unlinked",
            sql: "SELECT \(cursor)\(joined) WHERE d.unlinked_at IS NOT NULL"),
        Rule(
            place: "cursors", what: "the device has nothing to do with this log",
            sql:
                "SELECT \(cursor)\(joined) WHERE d.device_id IS NOT NULL AND l.log_id IS NOT NULL AND c.until_seq IS NULL AND NOT ("
                + " l.kind = 'device' AND l.log_id = d.log_id OR l.kind = 'user' AND l.name = d.user"
                + " OR l.kind = 'group' AND EXISTS (SELECT 1 FROM members m WHERE m.log_id = c.log_id AND m.user = d.user))"
        ),
        Rule(
            place: "devices", what: "it does not follow a log that it should: its own, its user's, or a group's",
            sql:
                "SELECT d.user || '/' || d.device FROM devices d WHERE d.kind = 'device' AND d.unlinked_at IS NULL AND ("
                + " NOT EXISTS (SELECT 1 FROM cursors c WHERE c.device_id = d.device_id AND c.log_id = d.log_id)"
                + " OR NOT EXISTS (SELECT 1 FROM cursors c JOIN logs l USING (log_id) WHERE c.device_id = d.device_id"
                + " AND l.kind = 'user' AND l.name = d.user)"
                + " OR EXISTS (SELECT 1 FROM members m WHERE m.user = d.user AND NOT EXISTS"
                + " (SELECT 1 FROM cursors c WHERE c.device_id = d.device_id AND c.log_id = m.log_id)))"),
        Rule(
            place: "cursors", what: "the totals that it keeps are not those of the message where it stands",
            sql: "SELECT \(cursor)\(joined) JOIN messages m ON m.seq = c.acked_seq AND m.log_id = c.log_id"
                + " WHERE m.log_count <> c.acked_count"),
        Rule(
            place: "cursors", what: "all of its log is acknowledged, and its total says another number of messages",
            sql: "SELECT \(cursor)\(joined) WHERE c.log_id NOT IN (SELECT log_id FROM log_messages)"
                + " AND c.acked_seq >= l.swept_through AND c.acked_count <> l.swept_count"),
    ]

    /// Of every message: what takes as long as to read them all.
    static let index = [
        Rule(
            place: "owed", what: "the message is not there, or is of another log",
            sql: "SELECT 'log ' || o.log_id || ' seq ' || o.seq FROM owed o LEFT JOIN logs l USING (log_id)"
                + " LEFT JOIN messages m USING (seq) WHERE o.seq > coalesce(l.swept_through, 0) AND m.log_id IS NOT o.log_id"
        ),
        Rule(
            place: "messages", what: "its log does not know of it: owed has no entry for it",
            sql:
                "SELECT 'seq ' || m.seq FROM messages m WHERE m.seq <= (SELECT value FROM meta WHERE key = 'owed_through')"
                + " AND NOT EXISTS (SELECT 1 FROM owed o WHERE o.log_id = m.log_id AND o.seq = m.seq)"),
    ]

    private static let names = [
        Rule(
            place: "devices", what: "its log has another name, or none",
            sql: "SELECT d.user || '/' || d.device FROM devices d LEFT JOIN logs l ON l.log_id = d.log_id"
                + " WHERE d.kind = 'device' AND (l.kind IS NOT 'device' OR l.name IS NOT d.user || '/' || d.device)"
                + " AND d.log_id IS NOT NULL"),
        Rule(
            place: "groups", what: "its log has another name, or none",
            sql: "SELECT g.name FROM groups g LEFT JOIN logs l ON l.log_id = g.log_id"
                + " WHERE l.kind IS NOT 'group' OR l.name IS NOT g.name"),
        Rule(
            place: "members", what: "there is no such group",
            sql:
                "SELECT m.user || ' in log ' || m.log_id FROM members m LEFT JOIN groups g USING (log_id) WHERE g.name IS NULL"
        ),
        Rule(
            place: "losses", what: "there is no such device or log, or its stretch cannot be",
            sql: "SELECT x.loss_id FROM losses x LEFT JOIN devices d USING (device_id) LEFT JOIN logs l USING (log_id)"
                + " WHERE d.device_id IS NULL OR l.log_id IS NULL OR x.through_seq < x.from_seq OR x.count < 1"
                + " OR x.through_seq >= \(next) OR x.reason NOT BETWEEN 1 AND 6"),
        Rule(
            place: "ended_cursors", what: "there is no such device or log, or its positions cannot be",
            sql:
                "SELECT e.ended_id FROM ended_cursors e LEFT JOIN devices d USING (device_id) LEFT JOIN logs l USING (log_id)"
                + " WHERE d.device_id IS NULL OR l.log_id IS NULL OR e.acked_seq < e.started_seq OR e.acked_seq >= \(next)"
                + " OR e.reason NOT BETWEEN 0 AND 6"),
        Rule(
            place: "withheld", what: "there is no such sender or log, or its position is another's or not given out",
            sql: "SELECT w.seq FROM withheld w LEFT JOIN devices d ON d.device_id = w.sender_id"
                + " LEFT JOIN logs l USING (log_id) WHERE d.device_id IS NULL OR l.log_id IS NULL OR w.seq >= \(next)"
                + " OR length(w.message_id) <> 16 OR EXISTS (SELECT 1 FROM messages m WHERE m.seq = w.seq)"),
        Rule(
            place: "receipts", what: "there is no such sender or log, or its message id is none",
            sql: "SELECT r.receipt_id FROM receipts r LEFT JOIN devices d ON d.device_id = r.sender_id"
                + " LEFT JOIN logs l USING (log_id) WHERE d.device_id IS NULL OR l.log_id IS NULL OR length(r.message_id) <> 16"
        ),
    ]
}
