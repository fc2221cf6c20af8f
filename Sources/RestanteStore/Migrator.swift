import CSQLite
import Crypto
import Glibc
public import RestanteMigrations

/// Brings a database to the schema that this binary carries: each migration in one transaction with its record.
///
/// A file that is refused is left as it was, with its WAL.
public struct Migrator: Sendable {
    /// What is known of one migration.
    public struct Entry: Sendable, Equatable {
        public let version: Int
        public let name: String
        /// Milliseconds since the epoch, UTC; nil: not applied yet.
        public let appliedAt: Int64?
    }

    let migrations: [Migrations.File]
    let options: StoreOptions

    /// - Parameter migrations: in order; tests bring their own history.
    public init(migrations: [Migrations.File] = Migrations.all) {
        self.init(migrations: migrations, options: StoreOptions())
    }

    init(migrations: [Migrations.File] = Migrations.all, options: StoreOptions) {
        self.migrations = migrations
        self.options = options
    }

    /// What is applied and what is not, without changing anything. Takes the lock, like everything that opens the file.
    public func status(database path: String) throws -> [Entry] {
        let path = try resolvedPath(path)
        let lock = try DatabaseLock(for: path)
        defer { withExtendedLifetime(lock) {} }
        return try inspect(path)
    }

    /// Applies what is not applied yet, and says what that was.
    ///
    /// - Parameter dryRun: run everything and roll it back.
    @discardableResult
    public func up(database path: String, dryRun: Bool = false) throws -> [Entry] {
        let path = try resolvedPath(path)
        let lock = try DatabaseLock(for: path)
        defer { withExtendedLifetime(lock) {} }
        let (entries, wal) = try examine(path)
        let pending = entries.filter { $0.appliedAt == nil }
        guard !pending.isEmpty else { return [] }
        if dryRun { return try rehearse(path, pending) }
        let connection = try openForWriting(path, leaving: wal)
        defer { connection.close() }
        try apply(on: connection)
        return pending
    }

    func inspect(_ path: String) throws -> [Entry] { try examine(path).entries }

    /// Looks at the WAL, then at the file on a read-only connection: nothing is written, whatever is found.
    func examine(_ path: String) throws -> (entries: [Entry], wal: WriteAheadLog) {
        let wal = try WriteAheadLog.look(besides: path)
        guard try isPresent(path) else { return (entries(applied: [:]), wal) }
        return try translating(path) {
            do {
                let connection = try Connection(path: path, mode: .readOnly, vfs: options.vfs)
                defer { connection.close() }
                let applied = try check(connection, path: path)
                if migrations.allSatisfy({ applied[$0.version] != nil }) { try checkStructure(connection) }
                return (entries(applied: applied), wal)
            } catch let error as SQLiteError where error.code == Self.needsRollback {
                // The power went while the file was being made: who opens it for writing finds it empty.
                guard RollbackJournal.isOfEmptyFile(database: path, vfs: options.vfs) else { throw error }
                return (entries(applied: [:]), wal)
            }
        }
    }

    /// `SQLITE_READONLY_ROLLBACK`, a macro that Swift does not import: there is a journal that only a writer can roll back.
    private static let needsRollback: Int32 = 8 | 3 << 8

    /// Applies what is missing on a connection that can write.
    func apply(on connection: Connection) throws {
        try connection.execute(Self.recordTable)
        let applied = try recorded(on: connection)
        for migration in migrations where applied[migration.version] == nil {
            try apply(migration, on: connection, commit: "COMMIT")
        }
    }

    /// Opens for writing a file that ``inspect(_:)`` found sound, or makes it.
    ///
    /// - Parameter wal: what was found there.
    func openForWriting(_ path: String, leaving wal: WriteAheadLog = WriteAheadLog()) throws -> Connection {
        try translating(path) {
            if try !isPresent(path) { try makePrivate(path) }
            let connection = try Connection(path: path, mode: .readWrite, vfs: options.vfs)
            // Asked of SQLite: what was half made is rolled back now.
            if try connection.first("PRAGMA page_count", row: { $0.int(0) }) == 0 {
                try connection.execute(Schema.newFile)
            }
            try Schema.configure(connection, synchronous: options.synchronous)
            if wal.state == .tornTail { try forgetTornTail(connection) }
            return connection
        }
    }

    /// Begins the WAL anew, so that what a crash left of a transaction does not stand behind what is written next: by that
    /// the WAL is told sound from damaged.
    private func forgetTornTail(_ connection: Connection) throws {
        do {
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        } catch  where error.primaryCode == SQLITE_FULL {
            // Sends are refused until there is room; what was committed can be read and acknowledged.
        }
    }

    private static let recordTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations(
            version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
        ) STRICT
        """

    private func entries(applied: [Int: Record]) -> [Entry] {
        migrations.map { Entry(version: $0.version, name: $0.name, appliedAt: applied[$0.version]?.appliedAt) }
    }

    private struct Record {
        let name: String
        let checksum: String
        let appliedAt: Int64
    }

    private func recorded(on connection: Connection) throws -> [Int: Record] {
        let rows = try connection.all("SELECT version, name, checksum, applied_at FROM schema_migrations") { row in
            (Int(row.int(0)), Record(name: row.text(1), checksum: row.text(2), appliedAt: row.int(3)))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Ours, not newer than this binary, and with the history that this binary knows; or an error that says what to do.
    private func check(_ connection: Connection, path: String) throws -> [Int: Record] {
        let tables = try connection.first("SELECT count(*) FROM sqlite_schema") { $0.int(0) } ?? 0
        let id = try connection.first("PRAGMA application_id") { $0.int(0) } ?? 0
        let version = try connection.first("PRAGMA user_version") { Int($0.int(0)) } ?? 0
        // Another program may have marked its file before it made a table.
        if tables == 0 && version == 0 && (id == 0 || id == Schema.applicationID) { return [:] }
        // Other programs have a table of this name, too.
        let hasRecords =
            try connection.all("SELECT name FROM pragma_table_info('schema_migrations')") { $0.text(0) }
            == ["version", "name", "checksum", "applied_at"]
        // A kill between the table of records and the first migration leaves just that table.
        if tables == 1 && hasRecords && version == 0 { return [:] }
        guard id == Schema.applicationID, hasRecords else {
            throw StoreError(
                .notADatabase,
                "\(path) is an SQLite database of another program (application_id \(id)). "
                    + "Name another file with --database; this one has not been touched.")
        }
        let applied = try recorded(on: connection)
        try checkHistory(applied, version: version, path: path)
        return applied
    }

    private func checkHistory(_ applied: [Int: Record], version: Int, path: String) throws {
        let known = migrations.last?.version ?? 0
        guard version <= known else {
            throw StoreError(
                .newerSchema,
                "\(path) has schema version \(version), and this binary knows \(known). "
                    + "Run the newer Restante that wrote it, or restore an older backup; the file has not been touched."
            )
        }
        // Both are written in one transaction.
        for migration in migrations where migration.version <= version && applied[migration.version] == nil {
            throw StoreError(
                .damaged,
                "\(path) is damaged: it has schema version \(version), and no record of migration \(migration.name). "
                    + "Restore a backup; the file has not been touched.")
        }
        for migration in migrations {
            guard let record = applied[migration.version], record.checksum != Self.checksum(migration.sql) else {
                continue
            }
            throw StoreError(
                .changedMigration,
                "migration \(migration.name) was applied to \(path) with another content than this binary carries. "
                    + "Run the Restante that wrote the file; migrations are never edited. The file has not been touched."
            )
        }
    }

    private func apply(_ migration: Migrations.File, on connection: Connection, commit: String) throws {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            try connection.execute(String(decoding: migration.sql, as: UTF8.self))
            try connection.run(
                "INSERT INTO schema_migrations(version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
                migration.version, migration.name, Self.checksum(migration.sql), StoreClock.wall.now())
            try connection.execute(
                "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(migration.version)")
            try connection.execute(commit)
        } catch {
            try? connection.execute("ROLLBACK")
            throw StoreError(
                .migrationFailed,
                "migration \(migration.name) failed and was rolled back: \(error.message). The database is as it was before it."
            )
        }
    }

    /// Runs the pending migrations on a copy, since the later ones need what the earlier ones made.
    private func rehearse(_ path: String, _ pending: [Entry]) throws -> [Entry] {
        let copy = try Connection(path: ":memory:", mode: .readWrite)
        defer { copy.close() }
        if try isPresent(path), !RollbackJournal.isOfEmptyFile(database: path, vfs: options.vfs) {
            let source = try Connection(path: path, mode: .readOnly, vfs: options.vfs)
            defer { source.close() }
            try source.copy(to: copy)
        }
        try apply(on: copy)
        return pending
    }

    static func checksum(_ sql: [UInt8]) -> String { hexadecimal(SHA256.hash(data: sql)) }

    /// False: not there, or empty, which a new database may replace.
    private func isPresent(_ path: String) throws -> Bool {
        var found = stat()
        guard stat(path, &found) == 0 else {
            if errno == ENOENT { return false }
            throw StoreError(.inputOutput, "cannot look at \(path): \(String(cString: strerror(errno)))")
        }
        guard found.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.notADatabase, "\(path) is not a file. Name a database file with --database.")
        }
        return found.st_size > 0
    }

    /// Makes the file before SQLite does, so that nobody else on the machine can ever read it.
    private func makePrivate(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.inputOutput, "cannot create \(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// Says what an SQLite error at opening means to an operator.
    private func translating<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw StoreError(opening: path, error)
        }
    }
}

extension StoreError {
    /// An SQLite error at opening, in the operator's words.
    init(opening path: String, _ error: SQLiteError) {
        switch error.primaryCode {
        case SQLITE_NOTADB:
            self.init(
                .notADatabase,
                "\(path) is not a database. Name another file with --database; this one has not been touched.")
        // "no such table" comes of a schema that was damaged in a name.
        case SQLITE_CORRUPT, SQLITE_ERROR, SQLITE_CONSTRAINT:
            self.init(
                .damaged,
                "\(path) is damaged: \(error.message). Restore a backup, or see with `restante check \(path)` what is "
                    + "sound; the file has not been touched.")
        case SQLITE_FULL:
            self.init(.inputOutput, "the disk has no room to open \(path). Make room there, then start again.")
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(.locked, "\(path) is locked by another program, an open sqlite3 shell perhaps. Close it first.")
        default:
            self.init(
                .inputOutput,
                "cannot open \(path): \(error.message) (SQLite code \(error.code)). "
                    + "Check that the folder exists, that this user may read and write there, and that the disk has room."
            )
        }
    }
}
