import RestanteCore

/// What makes a restored copy safe to go on with: the server that wrote the original has gone on since the backup, and
/// what it gave out then must not be given out again for something else.
enum NewEpoch {
    /// How far positions and row numbers jump.
    ///
    /// More than could have been given out since: 2^44 is 3.7 years without a pause at 150,000 messages a second, which is
    /// more than the store was measured to take. It leaves room for half a million restores, each of the one before
    /// (2^63 / 2^44), and up to the eighth a number still fits in SQLite's 6-byte integers.
    static let margin: Int64 = 1 << 44
    /// How far generations of sessions and versions of device lists and groups jump. Each is raised by a commit of its
    /// own device or group, so 2^32 is 136 years of one a second. Clients in JavaScript hold versions as doubles, which
    /// are exact up to 2^53.
    static let versionMargin: Int64 = 1 << 32

    /// In the transaction at hand.
    static func begin(on connection: Connection, at now: Int64 = StoreClock.wall.now()) throws {
        try connection.run("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'epoch'")
        try connection.run("UPDATE meta SET value = value + ?1 WHERE key IN ('next_seq', 'accepted_at')", margin)
        try connection.run("INSERT OR REPLACE INTO meta(key, value) VALUES ('restored_at', ?1)", now)
        try jumpRowNumbers(connection)
        try jumpVersions(connection)
        try connection.run(
            "UPDATE sessions SET generation = generation + ?1, node = NULL, connected_at = NULL", versionMargin)
    }

    private static func jumpRowNumbers(_ connection: Connection) throws {
        for table in ["devices", "logs", "losses", "receipts"] {
            try connection.run(
                "INSERT INTO sqlite_sequence(name, seq) SELECT ?1, 0"
                    + " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)", table)
            try connection.run("UPDATE sqlite_sequence SET seq = seq + ?2 WHERE name = ?1", table, margin)
        }
    }

    /// A client that knew version 7 of a group would take another group's version 7 for it, and encrypt to the wrong
    /// members. Logs that are not in the copy begin above what they may have come to.
    private static func jumpVersions(_ connection: Connection) throws {
        try connection.run("UPDATE logs SET version = version + ?1", versionMargin)
        try connection.run("INSERT OR IGNORE INTO meta(key, value) VALUES ('versions_from', 0)")
        try connection.run("UPDATE meta SET value = value + ?1 WHERE key = 'versions_from'", versionMargin)
    }
}
