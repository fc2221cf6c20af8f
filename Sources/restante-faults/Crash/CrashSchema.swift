/// Everything that a migration makes or must leave, as lines.
struct CrashSchema: Equatable {
    let lines: [String]

    init(_ database: String) throws {
        let stopped = try ReadOnlyDatabase(database)
        let questions = [
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name",
            "PRAGMA user_version", "PRAGMA application_id", "PRAGMA page_size", "PRAGMA journal_mode",
            "SELECT version || ' ' || name || ' ' || checksum FROM schema_migrations ORDER BY version",
            "SELECT key || ' ' || value FROM meta WHERE key NOT IN ('epoch', 'created_at') ORDER BY key",
            "SELECT device_id || ' ' || user || ' ' || device FROM devices ORDER BY device_id",
            "SELECT seq || ' ' || log_id || ' ' || hex(message_id) || ' ' || hex(payload) FROM messages ORDER BY seq",
            "SELECT seq || ' ' || hex(message_id) FROM accepted ORDER BY seq",
            "SELECT device_id || ' ' || log_id || ' ' || acked_seq FROM cursors ORDER BY device_id, log_id",
        ]
        lines = try questions.flatMap { question in try stopped.all(question) { $0.text(0) } } + stopped.faults()
    }

    /// The first line that is different.
    func difference(to other: CrashSchema) -> String? {
        guard self != other else { return nil }
        let place = zip(lines, other.lines).first { $0 != $1 }
        return place.map { "\($0.prefix(120)) instead of \($1.prefix(120))" }
            ?? "\(lines.count) lines instead of \(other.lines.count)"
    }
}
