import CSQLite

/// What is set for all of the process, before SQLite is used for the first time.
enum SQLiteLibrary {
    /// SQLite counts its memory under one mutex for each allocation, and nobody asks for the figure
    /// (https://www.sqlite.org/c3ref/c_config_covering_index_scan.html, `SQLITE_CONFIG_MEMSTATUS`).
    private static let isUncounted = csqlite_leave_memory_uncounted() == SQLITE_OK

    /// Harmless again and later: then it stays as it was.
    static func configure() { _ = isUncounted }
}
