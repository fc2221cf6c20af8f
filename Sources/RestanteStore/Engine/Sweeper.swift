import DequeModule
import RestanteCore

/// Forgets what every device has acknowledged: which logs may have something to forget, and the work of it.
///
/// It goes by log, never by looking through `messages`: mail for devices that do not return costs it nothing. Positions
/// are gathered from many logs, the messages deleted together in the order of their positions, and then the entries of
/// `owed` in the order of the logs, so that a page of either is written once and not once a log. That order lets a process
/// that is killed in between find the rest by `owed`. All is done in slices of a few milliseconds, since a commit waits
/// for one.
struct Sweeper {
    private enum Step {
        case gathers, deletes, forgets
    }

    /// Positions that are gathered before any is deleted.
    static let bulkSize = 256 * 1024
    /// Positions that are gathered of one log at a time, and logs that are looked at, between two looks at the clock.
    private static let stride = 1024
    private static let logStride = 32
    /// Messages deleted between two looks at the clock: one may have 256 KiB.
    private static let deleteStride = 4

    private var waiting: Deque<LogKey> = []
    /// The same as `waiting`: each log once.
    private var due: Set<LogKey> = []
    /// What has been gathered for the bulk at hand.
    private var bulk = SortedRuns()
    private var step = Step.gathers
    /// What `owed` has of the bulk.
    private var entries = SweptEntries()
    /// How far logs have been gathered that have more than one visit takes.
    private var resumes: [LogKey: Position] = [:]
    /// The log up to which the search for what an earlier process left has come; nil: it is done.
    private var searched: LogKey? = 0
    private(set) var firstNotedAt: UInt64?
    /// Since the last checkpoint that truncated the WAL: deleted bytes may still stand there. Those of an earlier process
    /// that was killed, too.
    var hasDeleted = true

    /// Nothing is left to do.
    var isEmpty: Bool { waiting.isEmpty && !isUnderWay }
    var count: Int { waiting.count }
    /// A bulk, or the search at the start, has been begun and goes on in the next slice.
    var isUnderWay: Bool { !bulk.isEmpty || !entries.isEmpty || searched != nil }

    /// Whatever raises or removes a cursor of a log calls this.
    mutating func note(_ log: LogKey) {
        guard due.insert(log).inserted else { return }
        if waiting.isEmpty { firstNotedAt = monotonicNanoseconds() }
        waiting.append(log)
    }

    /// Does one slice of what there is to do, until `deadline`, in the transaction at hand.
    mutating func sweep(
        _ connection: Connection, _ index: LogIndex, _ recent: inout RecentMessages, until deadline: UInt64
    ) throws {
        if searched != nil { return try search(connection, index) }
        if step == .gathers, try gather(connection, index, until: deadline) { step = .deletes }
        if step == .deletes, try delete(connection, &recent, until: deadline) { step = .forgets }
        guard step == .forgets, try entries.forget(connection, index, until: deadline) else { return }
        step = .gathers
        resumes.removeAll()
    }

    // MARK: Steps

    /// Above every position: nobody owns a cursor, nothing has ended.
    private static let everything = Position.max

    private static let searchSQL = """
        SELECT log_id, coalesce((SELECT min(acked_seq) FROM cursors c WHERE c.log_id = l.log_id), \(everything)),
            coalesce((SELECT min(from_seq) FROM endings e WHERE e.log_id = l.log_id), \(everything))
        FROM logs l WHERE log_id > ?1 ORDER BY log_id LIMIT 1024
        """

    /// After the start: the logs in which an earlier process left something to forget, told from cursors and the index alone.
    private mutating func search(_ connection: Connection, _ index: LogIndex) throws {
        let found = try connection.all(Self.searchSQL, searched ?? 0) {
            (log: $0.int(0), floor: min($0.int(1), $0.int(2) - 1))
        }
        for (log, floor) in found {
            let rest = try index.positions(of: log, after: .min, through: floor, limit: 1)
            if !rest.isEmpty { note(log) }
        }
        searched = found.last?.log
    }

    /// True when there is a bulk, or nothing more to gather.
    private mutating func gather(_ connection: Connection, _ index: LogIndex, until deadline: UInt64) throws -> Bool {
        var found: [Position] = []
        var visits = 0
        while bulk.count + found.count < Self.bulkSize, let log = waiting.popFirst() {
            due.remove(log)
            let before = found.count
            try visit(log, connection, index, &found)
            visits += 1
            let isLong = found.count - before == Self.stride
            if isLong || visits % Self.logStride == 0, monotonicNanoseconds() > deadline { break }
        }
        bulk.add(found)
        if waiting.isEmpty { firstNotedAt = nil }
        return waiting.isEmpty || bulk.count >= Self.bulkSize
    }

    private mutating func visit(
        _ log: LogKey, _ connection: Connection, _ index: LogIndex, _ found: inout [Position]
    ) throws {
        let floor = try floor(of: log, connection)
        let positions = try index.positions(
            of: log, after: resumes[log] ?? .min, through: floor, limit: Self.stride)
        guard let first = positions.first, let last = positions.last else { return }
        try record(last, of: log, connection)
        found += positions
        entries.add(log, from: first, through: last)
        // There is more. Its time does not begin anew: what is left is due as it was.
        guard positions.count == Self.stride, due.insert(log).inserted else { return }
        resumes[log] = last
        waiting.append(log)
    }

    private static let floorSQL = """
        SELECT coalesce((SELECT min(acked_seq) FROM cursors WHERE log_id = ?1), \(everything)),
            coalesce((SELECT min(from_seq) FROM endings WHERE log_id = ?1), \(everything))
        """

    /// Up to here nobody is owed anything.
    private func floor(of log: LogKey, _ connection: Connection) throws -> Position {
        try connection.first(Self.floorSQL, log) { min($0.int(0), $0.int(1) - 1) } ?? 0
    }

    private static let recordSQL = """
        UPDATE logs SET swept_through = m.seq, swept_count = m.log_count, swept_bytes = m.log_bytes
        FROM messages m WHERE m.seq = ?2 AND logs.log_id = ?1 AND logs.swept_through < ?2
        """

    /// Keeps the running totals at the last message that goes, before it does, so that an empty log knows where it stands.
    /// A process that was killed since may have let the message go already.
    private func record(_ seq: Position, of log: LogKey, _ connection: Connection) throws {
        try connection.run(Self.recordSQL, log, seq)
    }

    /// True: the bulk is deleted.
    private mutating func delete(
        _ connection: Connection, _ recent: inout RecentMessages, until deadline: UInt64
    ) throws -> Bool {
        let delete = try connection.prepare("DELETE FROM messages WHERE seq = ?1")
        var count = 0
        while let seq = bulk.popLowest() {
            try delete.run(seq)
            recent.forget(seq)
            hasDeleted = true
            count += 1
            if count % Self.deleteStride == 0, monotonicNanoseconds() > deadline { return bulk.isEmpty }
        }
        return true
    }
}
