package import RestanteCore

/// The store without its thread: whoever holds it says what happens next, so that a seed repeats every system call.
///
/// For tests that break the disk at a given moment. After an error only ``close()`` may be called.
package final class SteppedStore {
    private let box: EngineBox
    private let makesCheckpoints: Bool
    private var engine: Engine { box.engine }
    private var runs = 0
    /// With every eighth batch late cursors move, at whatever time that is.
    private static let lateEvery = 8
    private static let never: UInt64 = .max / 4

    /// - Parameter checkpointPages: of the WAL, from which each step of a checkpoint is made after a commit; nil: only
    ///   ``checkpoint()`` makes one.
    package init(path: String, options: StoreOptions, checkpointPages: Int? = nil) throws {
        box = try EngineBox(path: path, options: options)
        makesCheckpoints = checkpointPages != nil
        engine.lateCursors.longest = Self.never
        if let checkpointPages { engine.checkpoint.frames = checkpointPages }
    }

    deinit { close() }

    /// One batch, and the pages that it had no room for; what comes back is durable.
    package func run(_ commands: [StoreCommand]) throws -> [StoreEvent] {
        runs += 1
        engine.lateCursors.longest = runs % Self.lateEvery == 0 ? 0 : Self.never
        var events = try engine.run(commands)
        if makesCheckpoints && engine.isCheckpointDue { try engine.checkpointStep() }
        if engine.isIndexDue(0, isIdle: false) { try engine.indexSlice() }
        while engine.hasPagesToRead { events += try engine.run([]) }
        return events
    }

    /// Forgets all that every device has acknowledged.
    package func sweep() throws {
        try moveLateCursors()
        while !engine.sweeper.isEmpty { try engine.sweepSlice() }
    }

    private func moveLateCursors() throws {
        try engine.transaction { try engine.moveAllLateCursors() }
    }

    /// Who is not to be woken any more.
    package func takeUnwoken() -> [DeviceAddress] { engine.takeUnwoken() }

    /// Whether it has to be found out now who is to be woken.
    package var areWakesDue: Bool { engine.areWakesDue }

    /// All that are to be woken now.
    package func wakes() throws -> [Wake] {
        var found: [Wake] = []
        while engine.areWakesDue { found += try engine.wakesSlice() }
        return found
    }

    /// What was counted since this was last asked.
    package func takeCounts() -> StoreCounts { engine.takeCounts() }

    package func prune() throws { _ = try engine.pruneSlice() }

    package func truncateWAL() throws { _ = try engine.truncateWAL() }

    /// One of the two steps of a checkpoint.
    package func checkpoint() throws { try engine.checkpointStep() }

    /// The highest position that was given out.
    package var position: Int64 { engine.positions.head }

    /// What `integrity_check` and `foreign_key_check` find wrong, and a file that was not made as ours are.
    package func problems() throws -> [String] {
        let damage = try engine.connection.all("PRAGMA integrity_check") { $0.text(0) }
        let dangling = try engine.connection.all("PRAGMA foreign_key_check") { $0.text(0) }
        let pageSize = try engine.connection.first("PRAGMA page_size") { $0.int(0) }
        if pageSize != 8192 { return ["the page size is \(pageSize ?? 0)"] }
        return damage.filter { $0 != "ok" } + dangling.map { "a dangling reference in \($0)" }
    }

    /// As a server that is told to stop: sessions are released, the WAL is emptied, the file is closed.
    package func end() throws {
        try engine.releaseAll()
        try sweep()
        try truncateWAL()
        box.close()
    }

    /// As a process that is gone: nothing more is written.
    package func close() { box.abandon() }
}
