import RestanteCore

/// Which messages a log has: the table `owed`, which trails the messages, and what it lacks, in memory.
///
/// An index that is kept at once writes a page for nearly every message, since each goes to another log; filled in bulk, in
/// the order of the logs, it writes a page for many, and nothing for a message that has been swept by then
/// (docs/PERFORMANCE.md). `owed` has the first positions of each log, the tail the others. Belongs to the store's thread.
final class LogIndex {
    private let connection: Connection
    private let forwards: Statement
    private let backwards: Statement

    /// Every message up to here is in `owed`.
    private(set) var through: Position
    /// Came since the last settling began.
    private(set) var fresh = LogTail()
    private(set) var settling: Settling?

    private static let forwardsSQL =
        "SELECT seq FROM owed WHERE log_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4"
    private static let backwardsSQL = "SELECT seq FROM owed WHERE log_id = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT ?3"

    /// Reads what an earlier process left.
    ///
    /// - Parameter head: the highest position that may have been given out.
    init(_ connection: Connection, through head: Position) throws {
        self.connection = connection
        forwards = try connection.prepare(Self.forwardsSQL)
        backwards = try connection.prepare(Self.backwardsSQL)
        let through = try Self.readPosition("owed_through", connection, upTo: head)
        let target = try Self.readPosition("owed_settling", connection, upTo: head)
        self.through = through
        var older = LogTail()
        for (log, seq) in try TailScan(connection, after: through).entries {
            if seq <= target { older.append(log, seq) } else { fresh.append(log, seq) }
        }
        // What it has written already counts as part of it.
        if target > through { settling = Settling(older, through: target) }
    }

    /// One that cannot be is taken for 0: all messages are read, and what `owed` has of them is found there.
    private static func readPosition(_ key: String, _ connection: Connection, upTo head: Position) throws -> Position {
        let sql = "SELECT value FROM meta WHERE key = ?1 AND typeof(value) = 'integer'"
        let found = try connection.first(sql, key) { $0.int(0) } ?? 0
        return 0...max(0, head) ~= found ? found : 0
    }

    /// A message was added at the end of a log.
    func append(_ log: LogKey, _ seq: Position) { fresh.append(log, seq) }

    // MARK: Reading

    /// Positions of a log behind `after` and up to `last`, in order, at most `limit`.
    func positions(of log: LogKey, after: Position, through last: Position, limit: Int) throws -> [Position] {
        var found: [Position] = []
        // All behind it is in memory.
        if after < through {
            found = try settled(log, after: after, through: last, limit: limit)
            if found.count == limit { return found }
        }
        if let settling {
            found += settling.tail.positions(of: log, after: found.last ?? after, through: last)
        }
        found += fresh.positions(of: log, after: found.last ?? after, through: last)
        if found.count > limit { found.removeLast(found.count - limit) }
        return found
    }

    private func settled(_ log: LogKey, after: Position, through last: Position, limit: Int) throws -> [Position] {
        forwards.bind(log, after, last, limit)
        defer { forwards.reset() }
        var found: [Position] = []
        var previous = after
        while try forwards.step() {
            let seq = forwards.int(0)
            // An entry that stands for another message would deliver that one twice.
            guard seq > previous else { throw StoreError.damaged("the table owed is out of order in log \(log)") }
            found.append(seq)
            previous = seq
        }
        return found
    }

    /// The last of a log's positions; nil: it has none.
    func last(of log: LogKey) throws -> Position? {
        try fresh.last(of: log) ?? settling?.tail.last(of: log) ?? before(.max, of: log, limit: 1).first
    }

    /// Positions of a log up to `last`, the highest first, at most `limit`.
    func before(_ last: Position, of log: LogKey, limit: Int) throws -> [Position] {
        var found = fresh.before(last, of: log, limit: limit)
        if let settling { found += settling.tail.before(last, of: log, limit: limit - found.count) }
        guard found.count < limit else { return found }
        // What is in memory may be there, too.
        backwards.bind(log, found.last.map { $0 - 1 } ?? last, limit - found.count)
        defer { backwards.reset() }
        while try backwards.step() { found.append(backwards.int(0)) }
        return found
    }

    /// How many messages there are in all logs. Looks at all that is in `owed`.
    func count() throws -> Int64 {
        let settled = try connection.first("SELECT count(*) FROM owed WHERE seq <= ?1", through) { $0.int(0) } ?? 0
        return settled + Int64(fresh.count + (settling?.tail.count ?? 0))
    }

    // MARK: Forgetting

    /// Whether a position may be in `owed`, or it has never come that far.
    func mayHaveSettled(_ seq: Position) -> Bool { seq <= max(through, settling?.through ?? 0) }

    /// Forgets the positions of a log up to this one, in memory.
    func drop(_ log: LogKey, through last: Position) {
        fresh.drop(log, through: last)
        settling?.drop(log, through: last)
    }

    // MARK: Settling

    /// Does one slice of settling, until `deadline`, in the transaction at hand.
    func settle(at head: Position, until deadline: UInt64) throws {
        if settling == nil { try beginSettling(at: head) }
        guard try settling?.write(connection, until: deadline) == true, let done = settling?.through else { return }
        try setPosition("owed_through", done)
        through = done
        settling = nil
    }

    /// A later process goes on with it: what it wrote of a log must not come twice.
    private func beginSettling(at head: Position) throws {
        try setPosition("owed_settling", head)
        settling = Settling(fresh, through: head)
        fresh = LogTail(room: settling?.tail.size ?? 0)
    }

    private func setPosition(_ key: String, _ value: Position) throws {
        try connection.run("UPDATE meta SET value = ?2 WHERE key = ?1", key, value)
    }

    /// Makes `owed` anew from the messages, in the transaction at hand.
    func rebuild(at head: Position) throws {
        try connection.execute("DELETE FROM owed")
        try connection.execute("INSERT INTO owed(log_id, seq) SELECT log_id, seq FROM messages ORDER BY log_id, seq")
        try connection.execute(
            "UPDATE logs SET head_seq = max(head_seq,"
                + " coalesce((SELECT max(seq) FROM owed o WHERE o.log_id = logs.log_id), 0))")
        try setPosition("owed_through", head)
        through = head
        fresh = LogTail()
        settling = nil
    }
}
