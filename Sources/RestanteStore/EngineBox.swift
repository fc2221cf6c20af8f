import CStoreVFS

/// An engine on its open database, with the lock that keeps others out.
///
/// `@unchecked Sendable`: before ``SQLiteStore/start(reportingTo:)`` it belongs to whoever opened it, afterwards to the
/// store's thread alone.
final class EngineBox: @unchecked Sendable {
    let engine: Engine
    /// Of the database, resolved.
    let path: String
    private var lock: DatabaseLock?
    private let disk: StoreDisk
    private var isClosed = false

    /// Opens the file, or makes it, and applies missing migrations.
    init(path: String, options: StoreOptions) throws {
        let path = try resolvedPath(path)
        self.path = path
        lock = try DatabaseLock(for: path)
        disk = try StoreDisk(database: path, options: options)
        var options = options
        options.vfs = disk.vfs
        let migrator = Migrator(options: options)
        let wal = try migrator.examine(path).wal
        do {
            let connection = try migrator.openForWriting(path, leaving: wal)
            try secureWAL(connection)
            try migrator.apply(on: connection)
            engine = try Engine(connection: connection, options: options, disk: disk)
            disk.watchFiles()
            try disk.refill()
        } catch let error as SQLiteError {
            throw StoreError(opening: path, error)
        }
    }

    deinit { abandon() }

    /// The file first, then the lock, so that whoever waits for the lock finds the file closed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        engine.endBackup()
        engine.endCheckpoint()
        engine.connection.close()
        lock = nil
    }

    /// Closes without writing or deleting anything: after an error what is on disk is for the next start to judge, and a name
    /// may stand for another file by now.
    func abandon() {
        if !isClosed { store_leave_as_it_is(UnsafeMutableRawPointer(engine.connection.handle)) }
        close()
    }
}

/// Brings what an earlier process left in the WAL into the database, and syncs it, before anything is added to it.
///
/// That process may have ended because a sync failed. Then its last frames are in the system's cache, where they look sound,
/// and nowhere else, and no later sync writes them: all that is committed behind them would go with them in a power loss.
private func secureWAL(_ connection: Connection) throws {
    _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) }
}
