import RestanteCore

/// What is to be forgotten of the index when the messages of a bulk have been deleted: by log, in the order of the logs.
struct SweptEntries {
    /// Logs that are sorted at once: all of them would take longer than a slice.
    private static let run = 16384
    /// Logs between two looks at the clock.
    private static let stride = 16

    /// Positions of a log up to which its entries go, one a visit, so that none makes a long statement.
    private var ends: [LogKey: [Position]] = [:]
    private var unsorted: [LogKey] = []
    private var sorted = SortedRuns()
    /// Logs of which nothing has come to `owed`.
    private var unsettled: [(log: LogKey, through: Position)] = []

    var isEmpty: Bool { ends.isEmpty && unsettled.isEmpty }

    /// - Parameter isSettled: some of it may be in `owed`.
    mutating func add(_ log: LogKey, through last: Position, isSettled: Bool) {
        guard isSettled || ends[log] != nil else { return unsettled.append((log, last)) }
        if ends[log] == nil { unsorted.append(log) }
        ends[log, default: []].append(last)
    }

    /// Works until `deadline`, in the transaction at hand. True: all is forgotten.
    mutating func forget(_ connection: Connection, _ index: LogIndex, until deadline: UInt64) throws -> Bool {
        while !unsorted.isEmpty {
            sorted.add(unsorted.suffix(Self.run))
            unsorted.removeLast(min(Self.run, unsorted.count))
            if monotonicNanoseconds() > deadline { return false }
        }
        var count = 0
        while let log = nextLog(index) {
            try forget(log, connection, index)
            count += 1
            if count % Self.stride == 0, monotonicNanoseconds() > deadline { return isEmpty }
        }
        return true
    }

    /// Those that are in memory alone go by the way.
    private mutating func nextLog(_ index: LogIndex) -> LogKey? {
        for (log, last) in unsettled { index.drop(log, through: last) }
        unsettled.removeAll(keepingCapacity: true)
        return sorted.popLowest()
    }

    private mutating func forget(_ log: LogKey, _ connection: Connection, _ index: LogIndex) throws {
        let delete = try connection.prepare("DELETE FROM owed WHERE log_id = ?1 AND seq <= ?2")
        for last in ends.removeValue(forKey: log) ?? [] {
            try delete.run(log, last)
            index.drop(log, through: last)
        }
    }
}
