import CSQLite

/// The text of a statement, as a key: hashing all of it each time cost a fiftieth of the store's work.
private struct StatementText: Hashable {
    private let sql: String

    init(_ sql: String) { self.sql = sql }

    /// The same literal is equal at a glance, and two statements of one length are rare.
    func hash(into hasher: inout Hasher) { hasher.combine(sql.utf8.count) }
}

/// One SQLite connection and its prepared statements.
///
/// Not `Sendable` on purpose: it is opened with `NOMUTEX` and belongs to one thread at a time.
final class Connection {
    enum Mode {
        case readOnly
        case readWrite
    }

    let handle: OpaquePointer
    private var prepared: [StatementText: Statement] = [:]

    /// - Parameter vfs: nil: SQLite's own.
    init(path: String, mode: Mode, vfs: String? = nil) throws(SQLiteError) {
        SQLiteLibrary.configure()
        let access = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message, sql: "")
        }
        handle = opened
    }

    deinit { close() }

    private var closed = false

    /// Finalises every statement, then closes. Nothing may be asked of the connection afterwards.
    func close() {
        guard !closed else { return }
        closed = true
        for statement in prepared.values { statement.finalize() }
        prepared = [:]
        sqlite3_close_v2(handle)
    }

    /// Runs one or more statements that return nothing.
    func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// Prepares a statement for the life of the connection; asking again gives the same one.
    func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = prepared[StatementText(sql)] { return statement }
        var made: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard code == SQLITE_OK, let made else { throw error(code, sql) }
        let statement = Statement(made, sql: sql)
        prepared[StatementText(sql)] = statement
        return statement
    }

    /// Runs a statement with these values.
    func run<each Value: Bindable>(_ sql: String, _ values: repeat each Value) throws(SQLiteError) {
        try prepare(sql).run(repeat each values)
    }

    /// The rows of a statement, each made into a value at once.
    func all<each Value: Bindable, Row>(
        _ sql: String, _ values: repeat each Value, row: (borrowing Statement) -> Row
    ) throws(SQLiteError) -> [Row] {
        let statement = try prepare(sql)
        statement.bind(repeat each values)
        defer { statement.reset() }
        var rows: [Row] = []
        while try statement.step() { rows.append(row(statement)) }
        return rows
    }

    /// The first row of a statement, or nil.
    func first<each Value: Bindable, Row>(
        _ sql: String, _ values: repeat each Value, row: (borrowing Statement) -> Row
    ) throws(SQLiteError) -> Row? {
        let statement = try prepare(sql)
        statement.bind(repeat each values)
        defer { statement.reset() }
        return try statement.step() ? row(statement) : nil
    }

    /// Rows that the last insert, update or delete changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    func error(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}

extension Connection {
    /// Copies the whole database (https://www.sqlite.org/backup.html).
    func copy(to other: Connection) throws(SQLiteError) {
        guard let backup = sqlite3_backup_init(other.handle, "main", handle, "main") else {
            throw other.error(sqlite3_errcode(other.handle), "backup")
        }
        let code = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else { throw error(code, "backup") }
    }
}
