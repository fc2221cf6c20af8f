import CSQLite
import RestanteMigrations

/// Whether a file is ours, sound, and of a history that this binary knows: found out without writing anything.
extension Migrator {
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

    private func entries(applied: [Int: Record]) -> [Entry] {
        migrations.map { Entry(version: $0.version, name: $0.name, appliedAt: applied[$0.version]?.appliedAt) }
    }

    struct Record {
        let name: String
        let checksum: String
        let appliedAt: Int64
    }

    func recorded(on connection: Connection) throws -> [Int: Record] {
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
