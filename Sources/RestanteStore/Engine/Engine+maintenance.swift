import CSQLite
import RestanteCore

extension Engine {
    /// Rows that are taken from a table between two looks at the clock.
    private static let stride = 256

    /// One slice of sweeping, in a transaction of its own.
    func sweepSlice() throws {
        try paces.sweep.slice { deadline in
            try transaction { try sweeper.sweep(connection, index, &recent, until: deadline) }
        }
    }

    /// Forgets what is past the dedupe horizon, a slice in a transaction of its own; true: there is more.
    func pruneSlice() throws -> Bool {
        try paces.prune.slice { deadline in
            var more = true
            try transaction {
                repeat { more = try prune() } while more && monotonicNanoseconds() < deadline
            }
            return more
        }
    }

    /// A stride of each; true: there is more.
    private func prune() throws -> Bool {
        let moreExcess = try pruneExcess()
        let now = ageTime
        guard timekeeper.mayForget else { return moreExcess }
        let horizon = now - Int64(limits.dedupeHorizon) * 1000
        let moreIDs = try pruneAccepted(before: horizon)
        // As long as a message is kept, it can still come to nothing, and who has had it must be known then.
        let morePast = try prunePast(before: min(horizon, now - Int64(limits.timeToLive) * 1000))
        return moreExcess || moreIDs || morePast
    }

    /// Ids of messages. `ids_from` rises in the same transaction, so `id_too_old` means exactly an id below it.
    private func pruneAccepted(before horizon: Int64) throws -> Bool {
        let target = MessageID(oldestAt: horizon)
        guard target > idsFrom, let oldest = try acceptedID(before: target, skipping: 0) else { return false }
        let boundary = try acceptedID(before: target, skipping: Self.stride) ?? target
        try forgetIDs(below: boundary == oldest ? min(oldest.next, target) : boundary)
        return boundary < target
    }

    /// More ids than are remembered at most.
    var hasExcessIDs: Bool { acceptedRows.value > limits.dedupeRows }

    /// Ids beyond the number that is remembered at most: the oldest go before the horizon.
    private func pruneExcess() throws -> Bool {
        let excess = acceptedRows.value - limits.dedupeRows
        guard excess > 0 else { return false }
        let newest = MessageID(high: .max, low: .max)
        guard let oldest = try acceptedID(before: newest, skipping: 0),
            let boundary = try acceptedID(before: newest, skipping: Int(min(excess, Int64(Self.stride))))
        else {
            // Fewer than was thought: it is an upper bound after a kill.
            acceptedRows.value = try connection.first("SELECT count(*) FROM accepted") { $0.int(0) } ?? 0
            return false
        }
        try forgetIDs(below: boundary == oldest ? oldest.next : boundary)
        return acceptedRows.value > limits.dedupeRows
    }

    /// Many rows can share an id: every device may choose the same, and a sealed send has a row a part.
    private func forgetIDs(below boundary: MessageID) throws {
        try connection.run("DELETE FROM accepted WHERE message_id < ?1", boundary.bytes)
        acceptedRows.value -= Int64(connection.changes)
        try connection.run("UPDATE meta SET value = ?1 WHERE key = 'ids_from'", boundary.bytes)
        try acceptedRows.save(on: connection, at: positions.head)
        try forgetWithheld(from: idsFrom, below: boundary)
        idsFrom = boundary
    }

    private func acceptedID(before target: MessageID, skipping count: Int) throws -> MessageID? {
        try connection.first(
            "SELECT message_id FROM accepted WHERE message_id < ?1 ORDER BY message_id LIMIT 1 OFFSET ?2",
            target.bytes, count
        ) { row in row.withBytes(0) { MessageID(bytes: $0) } }.flatMap { $0 }
    }

    /// Cursors that ended and losses that were told: delivery status is answered for the horizon only.
    private func prunePast(before horizon: Int64) throws -> Bool {
        let ended = try connection.first(
            "SELECT ended_at FROM ended_cursors ORDER BY ended_id LIMIT 1", row: { $0.int(0) })
        let lost = try connection.first(
            "SELECT lost_at FROM losses WHERE acked = 1 ORDER BY lost_at LIMIT 1", row: { $0.int(0) })
        guard ended ?? .max < horizon || lost ?? .max < horizon else { return false }
        try connection.run(
            "DELETE FROM ended_cursors WHERE ended_at < ?1"
                + " AND ended_id IN (SELECT ended_id FROM ended_cursors ORDER BY ended_id LIMIT ?2)",
            horizon, Self.stride)
        try connection.run(
            "DELETE FROM losses WHERE loss_id IN"
                + " (SELECT loss_id FROM losses WHERE acked = 1 AND lost_at < ?1 ORDER BY lost_at LIMIT ?2)",
            horizon, Self.stride)
        return true
    }

    static func readIDsFrom(_ connection: Connection) throws -> MessageID {
        let bytes = try connection.first("SELECT value FROM meta WHERE key = 'ids_from'") { $0.bytes(0) } ?? []
        return MessageID(bytes: bytes) ?? MessageID(high: 0, low: 0)
    }
}

extension MessageID {
    /// The lowest id that carries this time.
    init(oldestAt milliseconds: Int64) {
        self.init(high: UInt64(clamping: milliseconds) << 16 | 0x7000, low: 0x8000_0000_0000_0000)
    }

    /// The id right after this one.
    fileprivate var next: MessageID {
        let (low, overflow) = low.addingReportingOverflow(1)
        return MessageID(high: overflow ? high &+ 1 : high, low: low)
    }
}
