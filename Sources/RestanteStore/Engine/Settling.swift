import RestanteCore

/// Positions that are being written to `owed`, in the order of the logs, and to `logs` where each of these ends: they count
/// until all of them are written.
struct Settling {
    /// Logs that are sorted at once: all of them would take longer than a slice.
    private static let run = 16384
    /// Rows written between two looks at the clock.
    private static let stride = 64

    private(set) var tail: LogTail
    /// All positions up to here will be in `owed`.
    let through: Position
    private var unsorted: [LogKey]
    private var sorted = SortedRuns()
    private var log: LogKey = 0
    /// What is left of that log.
    private var positions: ArraySlice<Position> = []
    /// The last that was written of it; 0: none, or it has been saved.
    private var end: Position = 0

    init(_ tail: LogTail, through: Position) {
        self.tail = tail
        self.through = through
        unsorted = Array(tail.logs)
    }

    /// Writes until `deadline`. True: all is written.
    mutating func write(_ connection: Connection, until deadline: UInt64) throws -> Bool {
        while !unsorted.isEmpty {
            sorted.add(unsorted.suffix(Self.run))
            unsorted.removeLast(min(Self.run, unsorted.count))
            if monotonicNanoseconds() > deadline { return false }
        }
        // A log may have some there from a process that was killed meanwhile.
        let insert = try connection.prepare("INSERT OR IGNORE INTO owed(log_id, seq) VALUES (?1, ?2)")
        var count = 0
        while true {
            while let seq = positions.popFirst() {
                try insert.run(log, seq)
                end = seq
                count += 1
                if count % Self.stride == 0, monotonicNanoseconds() > deadline { return false }
            }
            try saveEnd(connection)
            guard let next = sorted.popLowest() else { return true }
            log = next
            positions = tail.positions(of: next, after: .min, through: through)[...]
        }
    }

    private mutating func saveEnd(_ connection: Connection) throws {
        guard end > 0 else { return }
        let update = try connection.prepare("UPDATE logs SET head_seq = ?2 WHERE log_id = ?1 AND head_seq < ?2")
        try update.run(log, end)
        end = 0
    }

    /// What has been swept is not written any more.
    mutating func drop(_ log: LogKey, through last: Position) {
        tail.drop(log, through: last)
        if log == self.log { positions = positions.drop { $0 <= last } }
    }
}
