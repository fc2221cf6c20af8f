import DequeModule
import RestanteCore

/// What is to be forgotten of the index when the messages of a bulk have been deleted: by log, in the order of the logs.
struct SweptEntries {
    /// Logs that are sorted at once: all of them would take longer than a slice.
    private static let run = 16384
    /// Stretches that are judged between two looks at the clock, in memory.
    private static let judgeStride = 512
    /// Logs whose entries are deleted between two looks at the clock.
    private static let stride = 16

    /// What one visit gathered of a log.
    private struct Stretch {
        let log: LogKey
        let first: Position
        let last: Position
    }

    /// What has not been judged: whether it came to `owed` is known when its messages are gone, and not when they are gathered,
    /// since it may settle in between.
    private var gathered: Deque<Stretch> = []
    /// Positions of a log up to which its entries go, one a visit, so that none makes a long statement.
    private var ends: [LogKey: [Position]] = [:]
    private var unsorted: [LogKey] = []
    private var sorted = SortedRuns()

    var isEmpty: Bool { gathered.isEmpty && ends.isEmpty }

    mutating func add(_ log: LogKey, from first: Position, through last: Position) {
        gathered.append(Stretch(log: log, first: first, last: last))
    }

    /// Works until `deadline`, in the transaction at hand. True: all is forgotten.
    mutating func forget(_ connection: Connection, _ index: LogIndex, until deadline: UInt64) throws -> Bool {
        var count = 0
        while let stretch = gathered.popFirst() {
            judge(stretch, index)
            count += 1
            if count % Self.judgeStride == 0, monotonicNanoseconds() > deadline { return isEmpty }
        }
        while !unsorted.isEmpty {
            sorted.add(unsorted.suffix(Self.run))
            unsorted.removeLast(min(Self.run, unsorted.count))
            if monotonicNanoseconds() > deadline { return false }
        }
        count = 0
        while let log = sorted.popLowest() {
            try forget(log, connection, index)
            count += 1
            if count % Self.stride == 0, monotonicNanoseconds() > deadline { return isEmpty }
        }
        return true
    }

    /// What is in memory alone goes at once, and does not settle any more.
    private mutating func judge(_ stretch: Stretch, _ index: LogIndex) {
        guard index.mayHaveSettled(stretch.first) else { return index.drop(stretch.log, through: stretch.last) }
        if ends[stretch.log] == nil { unsorted.append(stretch.log) }
        ends[stretch.log, default: []].append(stretch.last)
    }

    private mutating func forget(_ log: LogKey, _ connection: Connection, _ index: LogIndex) throws {
        let delete = try connection.prepare("DELETE FROM owed WHERE log_id = ?1 AND seq <= ?2")
        for last in ends.removeValue(forKey: log) ?? [] {
            try delete.run(log, last)
            index.drop(log, through: last)
        }
    }
}
