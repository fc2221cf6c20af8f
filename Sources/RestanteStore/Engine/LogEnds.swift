import RestanteCore

/// Where logs end, by what was appended to them: the index `messages_by_log` has no checksum, and alone it could hide the
/// last messages of a log.
///
/// A message costs one entry of a dictionary. What has gathered is written to `logs.head_seq` late and in bulk, in the
/// order of the logs and in slices of a few milliseconds, since a commit waits for one; what was not written is read
/// from the table at the next start. Belongs to the store's thread.
struct LogEnds {
    /// Logs written between two looks at the clock.
    private static let stride = 32
    /// Logs that are sorted at once: all of them would take longer than a slice.
    private static let run = 16384

    /// Positions after which a save is due.
    private let every: Position
    /// All ends up to here are in `logs`.
    private(set) var savedThrough: Position
    private var unsaved: [LogKey: Position] = [:]

    // What is being saved: it counts until all of it is written.
    private var saving: [LogKey: Position] = [:]
    private var savingThrough: Position?
    private var unsorted: [LogKey] = []
    private var sorted = SortedRuns()

    /// Reads what an earlier process has not saved.
    ///
    /// - Parameter head: the highest position that may have been given out.
    init(_ connection: Connection, through head: Position, every: Position) throws {
        self.every = every
        let saved = try Self.readSaved(connection)
        // One that cannot be costs a start no look through the whole table.
        savedThrough = saved >= 0 && saved <= head ? saved : max(0, head - every)
        unsaved = try Self.gather(connection, after: savedThrough)
    }

    /// -1: it is damaged.
    private static func readSaved(_ connection: Connection) throws -> Position {
        let sql = "SELECT value FROM meta WHERE key = 'heads_through' AND typeof(value) = 'integer'"
        return try connection.first(sql) { $0.int(0) } ?? -1
    }

    /// By the table alone: the index is what may hide something.
    private static func gather(_ connection: Connection, after saved: Position) throws -> [LogKey: Position] {
        let statement = try connection.prepare(
            "SELECT seq, log_id FROM messages NOT INDEXED WHERE seq > ?1 ORDER BY seq")
        statement.bind(saved)
        defer { statement.reset() }
        var ends: [LogKey: Position] = [:]
        while try next(statement) { ends[statement.int(1)] = statement.int(0) }
        return ends
    }

    /// False: the end, or the table is damaged there, and tells of it when it is read; then the index is sound.
    private static func next(_ statement: Statement) throws -> Bool {
        do {
            return try statement.step()
        } catch  where error.isDamage {
            return false
        }
    }

    /// The last message that was appended to a log since its end was saved; nil: none.
    subscript(log: LogKey) -> Position? { unsaved[log] ?? saving[log] }

    mutating func note(_ log: LogKey, _ seq: Position) { unsaved[log] = seq }

    // MARK: Saving

    func isSaveDue(at head: Position) -> Bool { savingThrough != nil || head - savedThrough >= every }

    /// Does one slice of what there is to save, until `deadline`, in the transaction at hand.
    mutating func save(_ connection: Connection, at head: Position, until deadline: UInt64) throws {
        if savingThrough == nil { begin(at: head) }
        while !unsorted.isEmpty {
            sorted.add(unsorted.suffix(Self.run))
            unsorted.removeLast(min(Self.run, unsorted.count))
            if monotonicNanoseconds() > deadline { return }
        }
        guard try write(connection, until: deadline), let through = savingThrough else { return }
        try connection.run("UPDATE meta SET value = ?1 WHERE key = 'heads_through'", through)
        savedThrough = through
        savingThrough = nil
        saving = [:]
    }

    private mutating func begin(at head: Position) {
        savingThrough = head
        saving = unsaved
        // As many will come until the next time: a dictionary that grows holds a commit back.
        unsaved = Dictionary(minimumCapacity: saving.count)
        unsorted = Array(saving.keys)
    }

    /// True: all is written.
    private mutating func write(_ connection: Connection, until deadline: UInt64) throws -> Bool {
        let update = try connection.prepare("UPDATE logs SET head_seq = ?2 WHERE log_id = ?1 AND head_seq < ?2")
        var count = 0
        while let log = sorted.popLowest() {
            try update.run(log, saving[log] ?? 0)
            count += 1
            if count % Self.stride == 0, monotonicNanoseconds() > deadline { return false }
        }
        return true
    }
}
