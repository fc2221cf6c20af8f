import CSQLite
import RestanteCore

/// Copies the database page by page while it is written to, on the connection that writes.
///
/// SQLite brings what this connection changes into the copy by itself (https://www.sqlite.org/backup.html, "Concurrent
/// usage"), so that the copy never starts again, no snapshot holds the WAL back, and what it holds in the end is the
/// state after the last slice. A failure of the copy is the backup's alone: the store goes on.
final class PageCopy {
    /// Nanoseconds that a slice takes, about: a commit waits for it.
    private static let slice: UInt64 = 1_000_000
    /// Nanoseconds between two slices, in which thread and disk are the mail's.
    private static let rest: UInt64 = 3_000_000
    /// Longer than this, and the next step takes fewer pages: the disk may be slow.
    private static let longStep: UInt64 = 500_000
    private static let mostPages: Int32 = 64

    let job: BackupJob
    private let source: Connection
    private let copy: Connection
    private let snapshot: Connection
    private var handle: OpaquePointer?
    private var pages: Int32 = 16
    private let flusher: Flusher
    /// When there is something to do next, in monotonic nanoseconds.
    private(set) var dueAt: UInt64 = 0

    init(of source: Connection, database: String, vfs: String?, job: BackupJob) throws(SQLiteError) {
        self.source = source
        self.job = job
        flusher = Flusher(path: job.path)
        copy = try Connection(path: job.path, mode: .readWrite)
        // Nobody reads it before it is whole, and then it is synced in one piece. A small cache spills as it goes, so
        // that the last slice has little left to write.
        try copy.execute(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024"
        )
        snapshot = try Connection(path: database, mode: .readOnly, vfs: vfs)
        // Reads the schema now, which would take a millisecond at the end.
        _ = try snapshot.first("SELECT count(*) FROM meta") { $0.int(0) }
        handle = sqlite3_backup_init(copy.handle, "main", source.handle, "main")
        guard handle != nil else { throw copy.error(sqlite3_errcode(copy.handle), "backup") }
    }

    /// Copies for one slice, between two commits. True: the backup has ended, one way or the other.
    func copySlice() -> Bool {
        do {
            try job.cancellation.check()
            let now = monotonicNanoseconds()
            guard now >= dueAt else { return false }
            dueAt = now + Self.slice + Self.rest
            if flusher.isBehind { return false }
            guard try step(until: monotonicNanoseconds() + Self.slice) else { return false }
            // Nothing was committed since the last page: this snapshot is what the copy holds.
            try snapshot.execute("BEGIN")
            _ = try snapshot.first("SELECT count(*) FROM meta") { $0.int(0) }
            close()
            job.end(.success(Snapshot(connection: snapshot)))
        } catch {
            abandon(error as? StoreError ?? StoreError(.inputOutput, "the backup failed: \(error)"))
        }
        return true
    }

    /// Ends it without a result.
    func abandon(_ error: StoreError) {
        close()
        snapshot.close()
        job.end(.failure(error))
    }

    private func close() {
        sqlite3_backup_finish(handle)
        handle = nil
        copy.close()
        flusher.end()
    }

    private func step(until deadline: UInt64) throws(StoreError) -> Bool {
        var now = monotonicNanoseconds()
        repeat {
            let code = sqlite3_backup_step(handle, pages)
            if code == SQLITE_DONE { return true }
            guard code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED else { throw failure(code) }
            let end = monotonicNanoseconds()
            pages = end - now > Self.longStep ? max(1, pages / 2) : min(Self.mostPages, pages + 1)
            now = end
        } while now < deadline
        let total = Int64(sqlite3_backup_pagecount(handle))
        let done = total - Int64(sqlite3_backup_remaining(handle))
        flusher.written(pages: done)
        job.observer(BackupProgress(phase: .copying, done: done, total: total))
        return false
    }

    private func failure(_ code: Int32) -> StoreError {
        let what = String(cString: sqlite3_errstr(code))
        if code & 0xFF == SQLITE_FULL {
            return StoreError(
                .inputOutput, "the disk of the backup is full; nothing was made. Make room and try again.")
        }
        return StoreError(.inputOutput, "the backup failed: \(what) (SQLite code \(code)). Nothing was made.")
    }
}
