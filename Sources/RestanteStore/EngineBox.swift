/// An engine on its open database, with the lock that keeps others out.
///
/// `@unchecked Sendable`: before ``SQLiteStore/start(reportingTo:)`` it belongs to whoever opened it, afterwards to the
/// store's thread alone.
final class EngineBox: @unchecked Sendable {
    let engine: Engine
    /// Of the database, resolved.
    let path: String
    private var lock: DatabaseLock?

    /// Opens the file, or makes it, and applies missing migrations.
    init(path: String, options: StoreOptions) throws {
        let path = try resolvedPath(path)
        self.path = path
        lock = try DatabaseLock(for: path)
        let migrator = Migrator(options: options)
        let wal = try migrator.examine(path).wal
        do {
            let connection = try migrator.openForWriting(path, leaving: wal)
            try migrator.apply(on: connection)
            engine = try Engine(connection: connection, options: options)
        } catch let error as SQLiteError {
            throw StoreError(opening: path, error)
        }
    }

    /// The file first, then the lock, so that whoever waits for the lock finds the file closed.
    func close() {
        engine.endBackup()
        engine.connection.close()
        lock = nil
    }
}
