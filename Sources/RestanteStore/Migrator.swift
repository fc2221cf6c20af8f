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
        try translating(path) { try apply(on: connection) }
        return pending
    }

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
            // The disk's fault is not the migration's: it may be right the next time.
            let isDisk = [SQLITE_IOERR, SQLITE_FULL].contains(error.primaryCode)
            throw StoreError(
                isDisk ? .inputOutput : .migrationFailed,
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
    func isPresent(_ path: String) throws -> Bool {
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
    func translating<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw StoreError(opening: path, error)
        }
    }
}
