import DequeModule
import RestanteCore

/// Forgets what every device has acknowledged: which logs may have something to forget, and the work of it.
///
/// It goes by log, never by looking through `messages`: mail for devices that do not return costs it nothing. Positions
/// are gathered from many logs and deleted together in their order, so that a page of the table is written once and not
/// once a log. Both are done in slices of a few milliseconds, since a commit waits for one.
struct Sweeper {
    /// Positions that are gathered before any is deleted.
    static let bulk = 256 * 1024
    /// Nanoseconds that one slice works, before its own commit.
    static let slice: UInt64 = 4_000_000
    /// Logs looked at, or messages deleted, between two looks at the clock.
    private static let stride = 32

    private var waiting: Deque<LogKey> = []
    /// The same as `waiting`: each log once.
    private var due: Set<LogKey> = []
    /// What is being gathered, in no order.
    private var gathered: [Position] = []
    /// What is being deleted, the lowest last.
    private var doomed: [Position] = []
    /// The log up to which the search for what an earlier process left has come; nil: it is done.
    private var searched: LogKey? = 0
    private(set) var firstNotedAt: UInt64?
    /// Since the last checkpoint that truncated the WAL: deleted bytes may still stand there. Those of an earlier process
    /// that was killed, too.
    var hasDeleted = true

    /// Nothing is left to do.
    var isEmpty: Bool { waiting.isEmpty && gathered.isEmpty && doomed.isEmpty && searched == nil }
    var count: Int { waiting.count }
    /// A bulk, or the search at the start, has been begun and goes on in the next slice.
    var isUnderWay: Bool { !gathered.isEmpty || !doomed.isEmpty || searched != nil }

    /// Whatever raises or removes a cursor of a log calls this.
    mutating func note(_ log: LogKey) {
        guard due.insert(log).inserted else { return }
        if waiting.isEmpty { firstNotedAt = monotonicNanoseconds() }
        waiting.append(log)
    }

    /// Does one slice of what there is to do, in the transaction at hand.
    mutating func sweep(_ connection: Connection) throws {
        let deadline = monotonicNanoseconds() + Self.slice
        if searched != nil { return try search(connection) }
        if doomed.isEmpty {
            guard try gather(connection, until: deadline) else { return }
            doomed = gathered.sorted(by: >)
            gathered = []
        }
        try delete(connection, until: deadline)
    }

    // MARK: Steps

    /// Above every position: nobody owns a cursor, nothing has ended.
    private static let everything = Position.max

    private static let searchSQL = """
        SELECT log_id, EXISTS (SELECT 1 FROM messages m WHERE m.log_id = l.log_id
            AND m.seq <= coalesce((SELECT min(acked_seq) FROM cursors c WHERE c.log_id = l.log_id), \(everything))
            AND m.seq < coalesce((SELECT min(from_seq) FROM endings e WHERE e.log_id = l.log_id), \(everything)))
        FROM logs l WHERE log_id > ?1 ORDER BY log_id LIMIT 1024
        """

    /// After the start: the logs in which an earlier process left something to forget, told from cursors and indices alone.
    private mutating func search(_ connection: Connection) throws {
        let found = try connection.all(Self.searchSQL, searched ?? 0) { ($0.int(0), $0.int(1) != 0) }
        for (log, hasRest) in found where hasRest { note(log) }
        searched = found.last?.0
    }

    /// True when there is a bulk, or nothing more to gather.
    private mutating func gather(_ connection: Connection, until deadline: UInt64) throws -> Bool {
        var visits = 0
        while gathered.count < Self.bulk, let log = waiting.popFirst() {
            due.remove(log)
            let room = Self.bulk - gathered.count
            let found = try positions(of: log, connection, limit: room)
            if let last = found.last { try record(last, of: log, connection) }
            gathered += found
            // Its time does not begin anew: what is left is due as it was.
            if found.count == room, due.insert(log).inserted { waiting.append(log) }
            visits += 1
            if visits % Self.stride == 0, monotonicNanoseconds() > deadline { break }
        }
        if waiting.isEmpty { firstNotedAt = nil }
        return waiting.isEmpty || gathered.count >= Self.bulk
    }

    private func positions(of log: LogKey, _ connection: Connection, limit: Int) throws -> [Position] {
        let statement = try connection.prepare(
            """
            SELECT seq FROM messages WHERE log_id = ?1
                AND seq <= coalesce((SELECT min(acked_seq) FROM cursors WHERE log_id = ?1), \(Self.everything))
                AND seq < coalesce((SELECT min(from_seq) FROM endings WHERE log_id = ?1), \(Self.everything))
            ORDER BY seq LIMIT ?2
            """)
        statement.bind(log, limit)
        defer { statement.reset() }
        var found: [Position] = []
        while try statement.step() { found.append(statement.int(0)) }
        return found
    }

    /// Keeps the running totals at the last message that goes, before it does, so that an empty log knows where it stands.
    private func record(_ seq: Position, of log: LogKey, _ connection: Connection) throws {
        try connection.run(
            "UPDATE logs SET (swept_through, swept_count, swept_bytes) ="
                + " (SELECT seq, log_count, log_bytes FROM messages WHERE seq = ?2) WHERE log_id = ?1", log, seq)
    }

    private mutating func delete(_ connection: Connection, until deadline: UInt64) throws {
        let delete = try connection.prepare("DELETE FROM messages WHERE seq = ?1")
        var count = 0
        while let seq = doomed.popLast() {
            try delete.run(seq)
            hasDeleted = true
            count += 1
            if count % Self.stride == 0, monotonicNanoseconds() > deadline { break }
        }
    }
}
