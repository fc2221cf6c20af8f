import CSQLite
import CStoreVFS

/// Where the checkpoint at hand is.
struct Checkpoint {
    /// Frames in the WAL alone from which one is made. A page that is written often is written into the database once for
    /// many commits, so fewer, larger checkpoints cost less; a start, a foreign reader and P7 want the WAL short.
    static let frames = 2000

    enum Step {
        case rest
        case syncs(CheckpointSync)
        case synced
    }

    var frames = Checkpoint.frames
    var step = Step.rest
    /// The WAL is to be emptied when all of it has been brought in.
    var truncates = false
    /// How to say that a sync on another thread has ended; nil: it is made on this thread, where a seed can repeat it.
    var whenSynced: (@Sendable () -> Void)?
}

extension Engine {
    /// There is something to do for it now.
    var isCheckpointDue: Bool {
        switch checkpoint.step {
        case .rest: checkpoint.truncates || frames.left >= checkpoint.frames
        case .syncs(let sync): sync.code != nil
        case .synced: true
        }
    }

    /// One step of a checkpoint. The first writes the pages; the second, when they are on disk, tells SQLite so, and the
    /// pages that commits have changed meanwhile are few. In one piece it would hold a commit up for as long as the disk
    /// takes for all of it: 25 ms where each of these takes 5 (docs/RELIABILITY.md).
    ///
    /// - Returns: whether the WAL was emptied, too.
    @discardableResult
    func checkpointStep() throws -> Bool {
        switch checkpoint.step {
        case .rest: try beginCheckpoint()
        case .syncs(let sync): if let code = sync.code { return try finishCheckpoint(code) }
        case .synced: return try finishCheckpoint(SQLITE_OK)
        }
        return false
    }

    private func beginCheckpoint() throws {
        guard let disk else {
            _ = try finishCheckpoint(SQLITE_OK)
            return
        }
        store_vfs_leave_unsynced(disk.handle)
        _ = try passiveCheckpoint()
        store_vfs_written(disk.handle)
        try disk.check()
        if let whenSynced = checkpoint.whenSynced {
            checkpoint.step = .syncs(CheckpointSync(disk.handle, whenOver: whenSynced))
        } else {
            let code = store_vfs_sync(disk.handle)
            checkpoint.step = .synced
            store_vfs_synced(disk.handle, code)
            try disk.check()
        }
    }

    /// What the other thread's sync has come to by now, before anybody is answered: an error is final.
    func checkSync() {
        guard case .syncs(let sync) = checkpoint.step, let disk, let code = sync.code, code != SQLITE_OK else { return }
        store_vfs_synced(disk.handle, code)
    }

    private func finishCheckpoint(_ code: Int32) throws -> Bool {
        checkpoint.step = .rest
        if let disk { store_vfs_synced(disk.handle, code) }
        try disk?.check()
        frames.backfilled(try passiveCheckpoint())
        if let disk { store_vfs_forget(disk.handle) }
        try disk?.check()
        guard checkpoint.truncates else { return false }
        checkpoint.truncates = false
        return try truncateWAL()
    }

    /// Brings in what no reader still needs, and gives back how many frames that makes.
    private func passiveCheckpoint() throws -> Int32 {
        var backfilled: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &backfilled)
        // Busy: another program makes one.
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw connection.error(code, "wal_checkpoint") }
        return max(0, backfilled)
    }

    /// Empties the WAL without waiting for anyone, so that deleted bytes do not stay there (P7); a foreign reader makes
    /// it try again later.
    func truncateWAL() throws -> Bool {
        let busy = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) } ?? 1
        try disk?.check()
        guard busy == 0 else { return false }
        sweeper.hasDeleted = false
        frames.truncated()
        return true
    }

    /// No other thread uses the file any more.
    func endCheckpoint() {
        if case .syncs(let sync) = checkpoint.step { sync.wait() }
        checkpoint.step = .rest
    }
}
