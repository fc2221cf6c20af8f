import RestanteCore

/// What the store does of its own accord between two commits: one slice of one chore, in turn, so that a commit never waits
/// for more than one.
struct Upkeep {
    /// Swept sooner than this, a log would be visited for a message at a time.
    private static let sweepAfter: UInt64 = 1_000_000_000
    /// While commits follow each other, sweeping waits for longer: it goes cheaper together, and a quiet moment may come. Not
    /// for so long that what is swept has left the page cache: after 20 s it had, and sweeping never caught up
    /// (docs/RELIABILITY.md).
    private static let sweepUnderLoadAfter: UInt64 = 3_000_000_000
    private static let sweepAtLogs = 65536
    /// Every second slice is the sweep's, when it has something to do: it must keep pace with what comes in.
    private static let turns: [Pauses.Chore] = [
        .sweep, .checkpoint, .sweep, .prune, .sweep, .retention, .sweep, .index, .sweep, .backup, .sweep, .wakes,
    ]

    let engine: Engine
    /// The horizon has not been pruned to its end.
    var prunes = false
    private var turn = 0

    init(_ engine: Engine) { self.engine = engine }

    /// One slice of what is due, if anything is; what it made true comes back.
    mutating func slice(isIdle: Bool, sink: any StoreSink) throws -> [StoreEvent] {
        let began = monotonicNanoseconds()
        guard let due = next(began, isIdle: isIdle) else { return [] }
        let (chore, events) = try perform(due, sink)
        let took = monotonicNanoseconds() - began
        engine.pauses.note(chore, nanoseconds: took)
        sink.store(measured: .pause(chore, nanoseconds: took))
        return events
    }

    private mutating func next(_ now: UInt64, isIdle: Bool) -> Pauses.Chore? {
        for _ in Self.turns {
            turn = (turn + 1) % Self.turns.count
            if isDue(Self.turns[turn], now, isIdle: isIdle) { return Self.turns[turn] }
        }
        return nil
    }

    /// What it turned out to be comes back, too.
    private mutating func perform(
        _ chore: Pauses.Chore, _ sink: any StoreSink
    ) throws -> (Pauses.Chore, [StoreEvent]) {
        switch chore {
        case .checkpoint, .truncation: return (try engine.checkpointStep() ? .truncation : .checkpoint, [])
        case .sweep: try engine.sweepSlice()
        case .prune: prunes = try engine.pruneSlice()
        case .retention: return (chore, try engine.retentionSlice())
        case .index: try engine.indexSlice()
        case .backup: engine.backupSlice()
        case .wakes:
            let wakes = try engine.wakesSlice()
            if !wakes.isEmpty { sink.store(wakes: wakes) }
        }
        return (chore, [])
    }

    private func isDue(_ chore: Pauses.Chore, _ now: UInt64, isIdle: Bool) -> Bool {
        switch chore {
        case .checkpoint, .truncation: engine.isCheckpointDue
        case .sweep: sweepIsDue(now, isIdle: isIdle)
        case .prune: prunes || engine.hasExcessIDs
        case .retention: engine.isRetentionDue
        case .index: engine.isIndexDue(now, isIdle: isIdle)
        case .wakes: engine.areWakesDue
        case .backup: engine.backup.map { now >= $0.dueAt } ?? false
        }
    }

    private func sweepIsDue(_ now: UInt64, isIdle: Bool) -> Bool {
        if engine.sweeper.isUnderWay { return true }
        guard let noted = engine.sweeper.firstNotedAt else { return false }
        if engine.pressure.disk != nil { return true }
        let wait = isIdle ? Self.sweepAfter : Self.sweepUnderLoadAfter
        return engine.sweeper.count >= Self.sweepAtLogs || now >= noted + wait
    }

    /// When there is something to do even if nothing comes.
    func dueAt(_ now: UInt64) -> UInt64 {
        if engine.isCheckpointDue || prunes || sweepIsDue(now, isIdle: true) { return now }
        let sweep = engine.sweeper.firstNotedAt.map { $0 + Self.sweepAfter }
        return min(
            sweep ?? .max, engine.indexDueAt(now), now + engine.retentionDueIn, now + engine.wakesDueIn,
            engine.backup?.dueAt ?? .max)
    }
}
