import RestanteCore

extension Engine {
    /// Begins to copy the database; ``backupSlice()`` does the work.
    func begin(_ job: BackupJob, database: String, vfs: String?) {
        precondition(backup == nil, "the desk gives out one backup at a time")
        do {
            backup = try PageCopy(of: connection, database: database, vfs: vfs, job: job)
        } catch {
            job.end(.failure(StoreError(.inputOutput, "the backup cannot begin: \(error)")))
        }
    }

    /// One slice of copying, between two commits.
    func backupSlice() {
        guard let backup else { return }
        if pressure.disk != nil {
            // What is left of the disk is the mail's.
            endBackup(StoreError(.inputOutput, "the disk is full; nothing was made. Make room and try again."))
        } else if backup.copySlice() {
            self.backup = nil
        }
    }

    /// Ends what is under way before the connection closes.
    func endBackup(_ error: StoreError = Cancellation.error) {
        backup?.abandon(error)
        backup = nil
    }

    var databaseBytes: Int64 {
        get throws {
            let count = try connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
            return count * (try connection.first("PRAGMA page_size") { $0.int(0) } ?? 0)
        }
    }
}
