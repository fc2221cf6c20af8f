import CSQLite

/// What SQLite answered, and to what.
public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    /// The extended result code (https://www.sqlite.org/rescode.html).
    public let code: Int32
    public let message: String
    /// The statement; values are never part of it, since they are bound.
    public let sql: String

    /// The primary result code: the low byte.
    public var primaryCode: Int32 { code & 0xFF }

    /// The file is not as it was written: pages that do not fit together, or rows that cannot stand beside each other.
    var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT, SQLITE_ERROR].contains(primaryCode) }

    public var description: String {
        "SQLite error \(code) (\(message))" + (sql.isEmpty ? "" : " in: \(sql)")
    }
}
