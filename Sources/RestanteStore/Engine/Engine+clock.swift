import FoundationEssentials
import RestanteCore

/// The clock's mark in `meta`, and what has to be looked at again when the clock was set.
extension Engine {
    /// Milliseconds since the epoch; never goes back while the process lives, unless an operator has confirmed it or the
    /// wall clock has agreed with itself for 24 h.
    var now: Int64 { timekeeper.read() }

    /// What the machine's clock says: by it providers of wake-ups are told how long one is good for, and tell since when a
    /// target is gone.
    var wallTime: Int64 { timekeeper.wallTime }

    /// By which messages expire, devices are idle, and ids are old.
    var ageTime: Int64 { timekeeper.readForAge() }

    /// The longest that anything is remembered by its age, in milliseconds.
    static func memory(_ limits: Limits) -> Int64 {
        Int64(max(limits.timeToLive, limits.dedupeHorizon, limits.idleDevice)) * 1000
    }

    static func readMark(_ connection: Connection) throws -> Timekeeper.Mark? {
        let text = try connection.first("SELECT value FROM meta WHERE key = 'clock'") { $0.text(0) }
        guard let text else { return nil }
        do {
            return try JSONDecoder().decode(Timekeeper.Mark.self, from: Data(text.utf8))
        } catch {
            throw StoreError.damaged("meta.clock is not what was written there")
        }
    }

    /// In the transaction at hand: a restart goes on from here.
    func saveMark() throws {
        let text = String(decoding: json(timekeeper.mark()), as: UTF8.self)
        try connection.run("INSERT OR REPLACE INTO meta(key, value) VALUES ('clock', ?1)", text)
    }

    /// Between two batches: whether the wall clock is believed again, and once a minute the mark.
    func watchClock() throws {
        _ = now
        if timekeeper.hasAgreed { timekeeper.adopt() }
        if timekeeper.isMarkDue || timekeeper.wasSet { try transaction { try keepClock() } }
    }

    /// In the transaction at hand: the mark, if it is due, and what follows from a clock that was set.
    func keepClock() throws {
        if timekeeper.wasSet { try followClock() }
        if timekeeper.isMarkDue { try saveMark() }
    }

    /// An operator says that the wall clock is right.
    func confirmClock() throws -> ClockReport {
        if timekeeper.report().held != nil { timekeeper.adopt() }
        try keepClock()
        return timekeeper.report()
    }

    /// The clock was put back: whoever comes from here on has been here since it was woken, and whoever had not, has not.
    private func clampWakes(to now: Int64) throws {
        try connection.run(
            "UPDATE devices SET last_seen_at = min(last_seen_at, ?1 - (last_seen_at < woken_at)) FROM push_targets p"
                + " WHERE p.device_id = devices.device_id AND woken_at > ?1", now)
        try connection.run("UPDATE push_targets SET woken_at = ?1 WHERE woken_at > ?1", now)
        try connection.run(
            "UPDATE devices SET last_seen_at = ?1 WHERE last_seen_at > ?1"
                + " AND device_id IN (SELECT device_id FROM push_targets)", now)
    }

    private func followClock() throws {
        timekeeper.wasSet = false
        expiry.dueAt = 0
        idleDueAt = 0
        wakes.restart(at: now)
        guard now < timekeeper.highest else { return }
        try clampWakes(to: now)
        // Messages do not expire in the order of their positions any more: those from here on are marked.
        try expiry.goBack(connection, from: timekeeper.highest + Int64(limits.timeToLive) * 1000)
        // Ids that were forgotten by a clock that was ahead would keep out all that are made now.
        let newest = MessageID(oldestAt: now)
        guard idsFrom > newest else { return }
        try connection.run("UPDATE meta SET value = ?1 WHERE key = 'ids_from'", newest.bytes)
        idsFrom = newest
    }
}
