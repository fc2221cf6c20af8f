import CSQLite
import Glibc

/// How large the WAL is, asked of the file system: `stat` opens nothing, so it drops none of SQLite's locks.
struct WALWatch {
    private let path: String
    /// When a WAL that is too large was last tried to be emptied, in monotonic nanoseconds.
    var triedAt: UInt64 = 0
    /// The operator has been told that something holds it.
    var hasWarned = false

    init(_ connection: Connection) {
        let name = sqlite3_db_filename(connection.handle, "main").map { String(cString: $0) } ?? ""
        path = name + "-wal"
    }

    /// 0: there is none.
    var bytes: Int64 {
        var found = stat()
        return stat(path, &found) == 0 ? Int64(found.st_size) : 0
    }
}
