import RestanteMigrations

/// What marks a file as ours, and how a connection to it must be set.
enum Schema {
    /// `PRAGMA application_id`: "REST" in ASCII.
    static let applicationID: Int64 = 0x5245_5354
    static let latest = Migrations.all.last?.version ?? 0

    /// For new files only; it is fixed once the first page is written.
    static let newFile = "PRAGMA page_size = 8192; PRAGMA journal_mode = wal;"

    /// Set at each start and read back, since a pragma that SQLite does not like is ignored in silence.
    ///
    /// `wal_autocheckpoint`: checkpoints are made between two commits (`Engine+checkpoint.swift`), and not within one.
    static let settings: [(pragma: String, value: String, readBack: String)] = [
        ("journal_mode", "wal", "wal"),
        ("secure_delete", "ON", "1"),
        ("foreign_keys", "ON", "1"),
        ("wal_autocheckpoint", "0", "0"),
        ("journal_size_limit", "67108864", "67108864"),
        ("cache_size", "-262144", "-262144"),
        ("temp_store", "MEMORY", "2"),
    ]

    /// Sets every setting and refuses to go on when one did not take.
    ///
    /// - Parameter synchronous: `FULL`; a test shows what `NORMAL` would lose.
    static func configure(_ connection: Connection, synchronous: String = "FULL") throws {
        let synchronous = ("synchronous", synchronous, synchronous == "FULL" ? "2" : "1")
        for (pragma, value, expected) in settings + [synchronous] {
            try connection.execute("PRAGMA \(pragma) = \(value)")
            let found = try connection.first("PRAGMA \(pragma)") { $0.text(0) } ?? "nothing"
            guard found == expected else {
                throw StoreError(
                    .unsuitableSQLite,
                    "SQLite answers \(found) to PRAGMA \(pragma) = \(value), where \(expected) was needed. "
                        + "Is the database on a file system without shared memory or locks? Use a local disk.")
            }
        }
    }
}
