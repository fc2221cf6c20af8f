import CSQLite

/// Looks whether a copy is what it should be, on the thread of whoever calls: never the store's.
struct BackupVerification {
    let cancellation: Cancellation
    let observer: BackupObserver
    let keepDamaged: Bool

    /// Verifies the copy against the source as it was at that moment, and publishes it.
    func run(_ target: BackupTarget, _ snapshot: Snapshot) throws -> BackupReport {
        // First, since the snapshot holds the WAL back until it is closed.
        let expected = try counting(snapshot)
        try Header.makeStandalone(target.partial)
        let found = try look(at: target.partial)
        for (table, count) in expected.sorted(by: { $0.key < $1.key }) where found.counts[table] != count {
            throw StoreError(
                .damaged,
                "the copy has \(found.counts[table] ?? 0) rows of \(table), and the database had \(count) at that moment; "
                    + "nothing was made. Try again; if it happens again, do not trust this disk.")
        }
        let (sha256, bytes) = try FileSum.take(of: target.partial, cancellation, observer)
        try cancellation.check()
        try target.publish(sha256: sha256)
        return BackupReport(
            path: target.path, bytes: bytes, sha256: sha256, messages: found.counts["messages"] ?? 0,
            damaged: found.damaged)
    }

    /// Everything that can be wrong with a database that nobody writes to.
    func look(at path: String) throws -> (counts: [String: Int64], damaged: Int64) {
        do {
            return try withConnection(path) { connection in
                observer(BackupProgress(phase: .checking, done: 0, total: 0))
                try checkStructure(connection, path)
                let damaged = try countDamaged(connection)
                guard damaged == 0 || keepDamaged else {
                    throw StoreError(
                        .damaged,
                        "\(damaged) messages are not what was written (their check values do not fit). Their readers will be "
                            + "told so instead; --keep-damaged goes on with them.")
                }
                return (try counts(connection), damaged)
            }
        } catch let error as SQLiteError {
            try cancellation.check()
            throw StoreError(.damaged, "\(path) cannot be read: \(error.message). Use another backup.")
        }
    }

    private func counting(_ snapshot: Snapshot) throws -> [String: Int64] {
        defer { snapshot.connection.close() }
        return try interruptible(snapshot.connection) { try counts(snapshot.connection) }
    }

    private func withConnection<Result>(_ path: String, _ body: (Connection) throws -> Result) throws -> Result {
        let connection = try Connection(path: path, mode: .readOnly)
        defer { connection.close() }
        return try interruptible(connection) { try body(connection) }
    }

    /// Statements on this connection end soon after the cancellation.
    private func interruptible<Result>(_ connection: Connection, _ body: () throws -> Result) throws -> Result {
        try withExtendedLifetime(cancellation) {
            sqlite3_progress_handler(
                connection.handle, 10_000,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<Cancellation>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
                }, Unmanaged.passUnretained(cancellation).toOpaque())
            defer { sqlite3_progress_handler(connection.handle, 0, nil, nil) }
            return try body()
        }
    }

    private func checkStructure(_ connection: Connection, _ path: String) throws {
        let found = try connection.all("PRAGMA integrity_check(3)") { $0.text(0) }
        guard found == ["ok"] else {
            throw StoreError(.damaged, "\(path) is damaged: \(found.joined(separator: "; ")). Use another backup.")
        }
        let orphans = try connection.all("PRAGMA foreign_key_check") { $0.text(0) }
        guard orphans.isEmpty else {
            throw StoreError(.damaged, "\(path) is damaged: rows of \(Set(orphans).sorted()) point nowhere.")
        }
    }

    private func countDamaged(_ connection: Connection) throws -> Int64 {
        let total = try connection.first("SELECT count(*) FROM messages") { $0.int(0) } ?? 0
        let statement = try connection.prepare(MessageRow.allSQL)
        defer { statement.reset() }
        var (read, damaged): (Int64, Int64) = (0, 0)
        while try statement.step() {
            if !MessageRow.isSound(statement) { damaged += 1 }
            read += 1
            guard read % 8192 == 0 else { continue }
            try cancellation.check()
            observer(BackupProgress(phase: .reading, done: read, total: total))
        }
        return damaged
    }

    /// Rows of each table.
    private func counts(_ connection: Connection) throws -> [String: Int64] {
        let tables = try connection.all(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ) { $0.text(0) }
        var counts: [String: Int64] = [:]
        for table in tables {
            let name = table.replacing("\"", with: "\"\"")
            counts[table] = try connection.first("SELECT count(*) FROM \"\(name)\"") { $0.int(0) }
        }
        return counts
    }
}
