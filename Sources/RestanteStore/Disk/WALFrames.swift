import CSQLite

/// How many frames the WAL holds, as SQLite tells after each commit (https://www.sqlite.org/c3ref/wal_hook.html), and how many
/// of them a checkpoint has brought into the database.
///
/// Belongs to the connection's thread, and outlives the connection.
final class WALFrames {
    private struct Counts {
        var written: Int32 = 0
        var backfilled: Int32 = 0
    }

    private let counts: UnsafeMutablePointer<Counts>

    init(_ connection: Connection) {
        counts = .allocate(capacity: 1)
        counts.initialize(to: Counts())
        // In place of `wal_autocheckpoint`, which is 0 with it.
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, frames in
                guard let counts = context?.assumingMemoryBound(to: Counts.self) else { return SQLITE_OK }
                // Fewer than before: the WAL has begun anew, which it does when all of it was brought in.
                if frames < counts.pointee.written { counts.pointee.backfilled = 0 }
                counts.pointee.written = frames
                return SQLITE_OK
            }, counts)
    }

    deinit { counts.deallocate() }

    /// Frames that stand in the WAL alone.
    var left: Int { Int(counts.pointee.written - counts.pointee.backfilled) }

    /// A checkpoint has come so far.
    func backfilled(_ frames: Int32) { counts.pointee.backfilled = frames }

    /// The WAL is empty.
    func truncated() { counts.pointee = Counts() }
}
