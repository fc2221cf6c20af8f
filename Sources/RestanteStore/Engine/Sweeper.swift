import DequeModule
import RestanteCore

/// The logs whose lowest cursor may have risen, and the work of forgetting what lies behind it.
///
/// It works by log, never by looking through `messages`: mail for devices that do not return costs it nothing.
struct Sweeper {
    // What one slice may touch: a commit waits for one slice at the most, and that is to be a few milliseconds.
    /// Messages, deleted sorted, so that the table's pages are visited once.
    static let sliceMessages = 1024
    /// Bytes of payload: `secure_delete` overwrites each of them.
    static let sliceBytes: Int64 = 4 << 20
    /// Logs, of which many may turn out to have nothing to forget.
    static let sliceLogs = 512

    private var waiting: Deque<LogKey> = []
    /// The same as `waiting`: each log once.
    private var due: Set<LogKey> = []
    private(set) var firstNotedAt: UInt64?
    /// Since the last checkpoint that truncated the WAL: deleted bytes may still stand there. Those of an earlier process
    /// that was killed, too.
    var hasDeleted = true

    var isEmpty: Bool { waiting.isEmpty }
    var count: Int { waiting.count }

    /// Whatever raises or removes a cursor of a log calls this.
    mutating func note(_ log: LogKey) {
        guard due.insert(log).inserted else { return }
        if waiting.isEmpty { firstNotedAt = monotonicNanoseconds() }
        waiting.append(log)
    }

    /// At start: the logs that have something to forget, told from cursors, logs and the index alone.
    mutating func rebuild(_ connection: Connection) throws {
        let logs = try connection.all(
            """
            SELECT log_id FROM (
                SELECT l.log_id, l.swept_through, coalesce(
                    (SELECT min(acked_seq) FROM cursors c WHERE c.log_id = l.log_id), 9223372036854775807) AS floor
                FROM logs l)
            AS f WHERE floor > swept_through
                AND EXISTS (SELECT 1 FROM messages m WHERE m.log_id = f.log_id AND m.seq <= f.floor)
            """
        ) { $0.int(0) }
        for log in logs { note(log) }
    }

    /// Forgets a slice of what every device has acknowledged, in the transaction at hand.
    mutating func sweep(_ connection: Connection) throws {
        var doomed: [Position] = []
        var bytes: Int64 = 0
        var visits = Self.sliceLogs
        while visits > 0, doomed.count < Self.sliceMessages, bytes < Self.sliceBytes, let log = waiting.popFirst() {
            due.remove(log)
            visits -= 1
            let room = Self.sliceMessages - doomed.count
            let found = try positions(of: log, connection, limit: room)
            let (taken, size) = try take(found, of: log, connection, room: Self.sliceBytes - bytes)
            // Its time does not begin anew: what is left is due as it was.
            if found.count == room || taken.count < found.count, due.insert(log).inserted { waiting.append(log) }
            doomed += taken
            bytes += size
        }
        if waiting.isEmpty { firstNotedAt = nil }
        guard !doomed.isEmpty else { return }
        let delete = try connection.prepare("DELETE FROM messages WHERE seq = ?1")
        for seq in doomed.sorted() { try delete.run(seq) }
        hasDeleted = true
    }

    private func positions(of log: LogKey, _ connection: Connection, limit: Int) throws -> ArraySlice<Position> {
        let statement = try connection.prepare(
            "SELECT seq FROM messages WHERE log_id = ?1 AND seq <= coalesce("
                + "(SELECT min(acked_seq) FROM cursors WHERE log_id = ?1), 9223372036854775807) ORDER BY seq LIMIT ?2")
        statement.bind(log, limit)
        defer { statement.reset() }
        var found: [Position] = []
        while try statement.step() { found.append(statement.int(0)) }
        return found[...]
    }

    /// As many of these as there is room for, at least one; the log's running totals at the last of them are kept, so that
    /// an empty log still knows where it stands, and tell without a look at the payloads how large these are.
    private func take(
        _ found: ArraySlice<Position>, of log: LogKey, _ connection: Connection, room: Int64
    ) throws -> (taken: ArraySlice<Position>, bytes: Int64) {
        guard let last = found.last else { return (found, 0) }
        let totals = try connection.first(
            "SELECT m.log_count, m.log_bytes, m.log_bytes - l.swept_bytes FROM messages m JOIN logs l USING (log_id)"
                + " WHERE m.seq = ?1", last, row: { (count: $0.int(0), bytes: $0.int(1), size: $0.int(2)) })
        guard let totals else { preconditionFailure("position \(last) was in the index and has no row") }
        if totals.size > room, found.count > 1 {
            let fewer = Int(max(1, Int64(found.count) * room / totals.size))
            return try take(found.prefix(fewer), of: log, connection, room: room)
        }
        try connection.run(
            "UPDATE logs SET swept_through = ?2, swept_count = ?3, swept_bytes = ?4 WHERE log_id = ?1",
            log, last, totals.count, totals.bytes)
        return (found, totals.size)
    }
}
