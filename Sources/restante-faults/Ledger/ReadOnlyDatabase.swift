import CSQLite

/// Looks into a database that no server holds, without changing it.
final class ReadOnlyDatabase {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// One row; columns are read while it stands.
    struct Row {
        fileprivate let statement: OpaquePointer

        func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
        func text(_ column: Int32) -> String { bytes(column) { String(decoding: $0, as: UTF8.self) } }
        func blob(_ column: Int32) -> [UInt8] { bytes(column) { [UInt8]($0) } }

        private func bytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            let start = sqlite3_column_blob(statement, column)
            return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
        }
    }

    private let handle: OpaquePointer

    init(_ path: String) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw Failed(description: "cannot open \(path): SQLite code \(code)")
        }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Every row of a question, each made into a value.
    func all<Value>(_ sql: String, _ body: (Row) -> Value) throws -> [Value] {
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK, let statement = made else {
            throw Failed(description: "\(String(cString: sqlite3_errmsg(handle))) in: \(sql)")
        }
        defer { sqlite3_finalize(statement) }
        var values: [Value] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: values.append(body(Row(statement: statement)))
            case SQLITE_DONE: return values
            default: throw Failed(description: "\(String(cString: sqlite3_errmsg(handle))) in: \(sql)")
            }
        }
    }

    func count(_ sql: String) throws -> Int64 { try all(sql) { $0.int(0) }.first ?? 0 }

    /// What SQLite finds wrong with the file; empty if nothing is.
    func faults() throws -> [String] {
        try all("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }.map { "integrity_check: \($0)" }
            + all("PRAGMA foreign_key_check") { "foreign_key_check: \($0.text(0))" }
    }
}
