import RestanteCore

/// When messages expire: in the order of their positions, as long as all are kept for the same time; those that go
/// before their turn are marked, and an index of the marked ones alone says when.
///
/// So a message that is kept for the usual time costs nothing for its expiry.
struct Expiry {
    /// Of those that are not marked, all up to here have expired or gone.
    var through: Position
    /// Nothing is due before this time, in milliseconds of the store's clock; `.max`: nothing waits.
    var dueAt: Int64 = 0
    /// What expires before this is marked, whatever its sender said: older messages may be kept for longer.
    private(set) var from: Int64
    /// Where a look through those that are marked has come; what is due before it is on its way to somebody.
    var looked: (expiresAt: Int64, seq: Position)?
    /// Something that is due is on its way to somebody.
    var holds = false

    private static let century: Int64 = 100 * 366 * 86400

    /// Reads what an earlier process left, and notes when the usual time has become shorter.
    init(_ connection: Connection, limits: Limits, now: Int64) throws {
        let value = { (key: String) in
            try connection.first("SELECT value FROM meta WHERE key = ?1", key) { $0.total(0) } ?? 0
        }
        through = try value("expired_through")
        let former = try value("ttl")
        let usual = Int64(limits.timeToLive)
        var from = try value("expires_from")
        if usual < former { from = max(from, now + min(former, Self.century) * 1000) }
        self.from = from
        guard usual != former else { return }
        let set = "UPDATE meta SET value = ?2 WHERE key = ?1"
        try connection.run(set, "ttl", usual)
        try connection.run(set, "expires_from", from)
    }

    /// After the clock was set back: what expires before `time` is marked.
    mutating func goBack(_ connection: Connection, from time: Int64) throws {
        from = max(from, time)
        try connection.run("UPDATE meta SET value = ?1 WHERE key = 'expires_from'", from)
    }

    /// Marks what expires before its turn, and sees to it that it is looked at in time.
    mutating func add(_ expiresAt: Int64, acceptedAt: Int64, usual: Int) -> MessageFlags {
        dueAt = min(dueAt, expiresAt)
        return expiresAt < acceptedAt + Int64(usual) * 1000 || expiresAt < from ? .early : []
    }
}

extension Engine {
    private static let stride = 64

    /// Makes tombstones of what is past its time, until `deadline`, in the transaction at hand.
    func expire(until deadline: UInt64) throws {
        let now = ageTime
        guard timekeeper.mayForget, now >= expiry.dueAt else { return }
        guard try expireEarly(now, until: deadline), try expireWithheld(now, until: deadline),
            let next = try expireUsual(now, until: deadline)
        else { return }
        let early = try connection.first(
            "SELECT expires_at FROM messages WHERE flags & 16 AND expires_at > ?1 ORDER BY expires_at LIMIT 1", now,
            row: { $0.int(0) })
        let again = expiry.holds ? now + Self.lookAgain : .max
        // To the second: many messages that expire one after the other are done together.
        expiry.dueAt = min(next, early ?? .max, try nextWithheldDue() ?? .max, again).roundedUpToSecond
        expiry.looked = nil
        expiry.holds = false
    }

    /// False: the time is up before all was done.
    private func expireEarly(_ now: Int64, until deadline: UInt64) throws -> Bool {
        while true {
            let looked = expiry.looked ?? (.min, 0)
            let due = try connection.all(
                "SELECT seq, log_id, expires_at FROM messages WHERE flags & 16 AND expires_at BETWEEN ?1 AND ?3"
                    + " AND (expires_at > ?1 OR seq > ?2) ORDER BY expires_at, seq LIMIT ?4",
                looked.expiresAt, looked.seq, now, Self.stride
            ) { (seq: $0.int(0), log: $0.int(1), expiresAt: $0.int(2)) }
            for row in due {
                if isHeld(row.seq, in: row.log) { expiry.holds = true } else { try expire(row.seq) }
                expiry.looked = (row.expiresAt, row.seq)
            }
            if due.count < Self.stride { return true }
            if monotonicNanoseconds() > deadline { return false }
        }
    }

    private func expireWithheld(_ now: Int64, until deadline: UInt64) throws -> Bool {
        while try expireWithheld(now, stride: Self.stride) {
            if monotonicNanoseconds() > deadline { return false }
        }
        return true
    }

    /// When the next of the others expires (`.max`: there is none); nil: the time is up before all was done.
    private func expireUsual(_ now: Int64, until deadline: UInt64) throws -> Int64? {
        let start = expiry.through
        while true {
            let (isDone, next) = try expireStride(now)
            if isDone || monotonicNanoseconds() > deadline {
                if expiry.through > start {
                    try connection.run("UPDATE meta SET value = ?1 WHERE key = 'expired_through'", expiry.through)
                }
                return isDone ? next : nil
            }
        }
    }

    private func expireStride(_ now: Int64) throws -> (isDone: Bool, next: Int64) {
        let rows = try connection.all(
            "SELECT seq, log_id, expires_at, flags FROM messages WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            expiry.through, Self.stride
        ) { (seq: $0.int(0), log: $0.int(1), expiresAt: $0.int(2), flags: MessageFlags(rawValue: $0.int(3))) }
        for row in rows {
            if !row.flags.isTombstone && !row.flags.contains(.early) {
                guard row.expiresAt <= now else { return (true, row.expiresAt) }
                if isHeld(row.seq, in: row.log) { try hold(row.seq) } else { try expire(row.seq) }
            }
            expiry.through = row.seq
        }
        return (rows.count < Self.stride, .max)
    }

    /// The cursors stay where they are: only an acknowledgement moves them, of the gap that is told instead.
    private func expire(_ seq: Position) throws {
        guard let (row, _) = try message(seq) else { return }
        try bury(seq, as: .expired)
        counts.expired += 1
        if row.flags.contains(.receipt) { try tellIfUndelivered(row, because: .expired) }
    }

    /// On its way to somebody, it does not hold up those behind it: the index of the marked ones finds it again, also in a
    /// process that comes after this one.
    private func hold(_ seq: Position) throws {
        try rewrite(seq) { $0.flags.insert(.early) }
        expiry.holds = true
    }

    /// Payload gone, position kept, the flag under the checksum.
    func bury(_ seq: Position, as flag: MessageFlags) throws {
        try rewrite(seq) { row in
            row.payload = []
            row.flags.insert(flag)
            row.flags.remove(.early)
        }
        sweeper.hasDeleted = true
    }

    /// A row that was damaged stays so.
    private func rewrite(_ seq: Position, _ change: (inout MessageRow) -> Void) throws {
        guard let (found, isSound) = try message(seq) else { return }
        var row = found
        change(&row)
        recent.forget(seq)
        let checksum = rowChecksum(row)
        try connection.run(
            "UPDATE messages SET payload = ?4, flags = ?2, checksum = ?3 WHERE seq = ?1",
            seq, row.flags.rawValue, isSound ? checksum : ~checksum, row.payload)
    }
}

extension Int64 {
    /// Milliseconds, at a whole second.
    fileprivate var roundedUpToSecond: Int64 {
        self > .max - 1000 ? .max : (self + 999) / 1000 * 1000
    }
}
