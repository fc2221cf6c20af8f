import CSQLite
import RestanteCore

/// The store's thread: takes everything that waits, commits it at once, answers, and tidies up when there is time.
///
/// No timer makes batches: while one commit is synced the next batch gathers, so batches grow by themselves under load.
struct StoreLoop {
    private static let maintenanceEvery: UInt64 = 60_000_000_000
    private static let lastWork: UInt64 = 2_000_000_000

    let engine: Engine
    private let queue: WorkQueue
    let sink: any StoreSink
    /// When a full disk was looked at last.
    var lookedAtDiskAt: UInt64 = 0
    /// When it was last said how the store stands.
    var sampledAt: UInt64 = 0
    private var maintainedAt = monotonicNanoseconds()
    private var upkeep: Upkeep

    init(engine: Engine, queue: WorkQueue, sink: any StoreSink) {
        self.engine = engine
        self.queue = queue
        self.sink = sink
        upkeep = Upkeep(engine)
    }

    /// Runs until the queue is closed and empty; the file is left with an empty WAL.
    mutating func run() throws {
        // An earlier process may have used up what there was.
        try watchDisk(monotonicNanoseconds())
        try engine.watchClock()
        tellNotices()
        upkeep.prunes = try engine.pruneSlice()
        while true {
            let (batch, hadBeenFull) = queue.take(until: nextWork)
            do {
                try perform(batch.commands)
            } catch {
                for question in batch.questions { _ = question(.failure(error)) }
                throw error
            }
            if hadBeenFull { sink.storeHasRoom() }
            try ask(batch.questions)
            if batch.isShutdown { break }
            try tidy(isIdle: batch.isEmpty)
        }
        try end()
    }

    private func perform(_ commands: [StoreCommand]) throws {
        guard !commands.isEmpty || engine.hasPagesToRead || engine.hasLateCursorsDue else { return }
        let began = monotonicNanoseconds()
        let events = try engine.run(commands)
        let took = monotonicNanoseconds() - began
        if !events.isEmpty { sink.store(committed: events) }
        sink.store(
            measured: .commit(commands: commands.count, nanoseconds: took, syncNanoseconds: engine.commitNanoseconds))
        tellCounts()
        tellNotices()
    }

    private func tellNotices() {
        for notice in engine.takeNotices() { sink.store(noticed: notice) }
        let unwoken = engine.takeUnwoken()
        if !unwoken.isEmpty { sink.store(unwoken: unwoken) }
    }

    /// Everyone gets an answer, and then an error of the disk ends the store, as it does in a batch.
    private func ask(_ questions: [WorkQueue.Question]) throws {
        var final: (any Error)?
        for question in questions {
            let error = question(final.map { .failure($0) } ?? .success(engine))
            if final == nil, let error, !(error is Refusal) { final = error }
        }
        if let final { throw final }
    }

    /// What is not swept by then is found again at the next start: the process must be gone soon.
    private func end() throws {
        try engine.releaseAll()
        try engine.saveCounts()
        try engine.transaction { try engine.saveMark() }
        let deadline = monotonicNanoseconds() + Self.lastWork
        while !engine.sweeper.isEmpty, monotonicNanoseconds() < deadline { try engine.sweepSlice() }
        try engine.finishIndex(until: deadline)
        _ = try engine.truncateWAL()
    }

    /// When there is something to do even if nothing comes.
    private var nextWork: UInt64 {
        let now = monotonicNanoseconds()
        if engine.hasPagesToRead { return now }
        return min(
            upkeep.dueAt(now), engine.lateCursors.dueAt ?? .max, diskDueAt ?? .max, walDueAt ?? .max,
            maintainedAt + Self.maintenanceEvery, sampledAt + Self.sampleEvery)
    }

    /// One slice, so that the next commit never waits for long.
    private mutating func tidy(isIdle: Bool) throws {
        let events = try upkeep.slice(isIdle: isIdle, sink: sink)
        if !events.isEmpty { sink.store(committed: events) }
        let now = monotonicNanoseconds()
        try engine.watchDatabaseSize()
        try watchDisk(now)
        try watchWAL(now)
        try engine.watchClock()
        tellNotices()
        tellCounts()
        sample(now)
        guard now >= maintainedAt + Self.maintenanceEvery else { return }
        maintainedAt = now
        upkeep.prunes = true
        try engine.seeConnected()
        try engine.saveCounts()
        if engine.sweeper.hasDeleted { engine.checkpoint.truncates = true }
    }
}
