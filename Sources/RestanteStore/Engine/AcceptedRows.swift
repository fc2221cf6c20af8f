import RestanteCore

/// How many rows `accepted` has, told without counting them: an upper bound after a kill, otherwise exact.
struct AcceptedRows {
    /// Counting so many takes a moment at the start.
    private static let fewEnoughToCount: Int64 = 1_000_000

    var value: Int64
    private var saved: Int64

    /// - Parameter head: the highest position that may have been given out; each row has one.
    init(_ connection: Connection, at head: Position) throws {
        let count = { (sql: String) in try connection.first(sql) { $0.total(0) } ?? 0 }
        saved = try count("SELECT value FROM meta WHERE key = 'accepted_rows'")
        value = saved + max(0, head - (try count("SELECT value FROM meta WHERE key = 'accepted_at'")))
        if value < Self.fewEnoughToCount { value = try count("SELECT count(*) FROM accepted") }
    }

    var isSaved: Bool { saved == value }

    mutating func save(on connection: Connection, at head: Position) throws {
        let set = "UPDATE meta SET value = ?2 WHERE key = ?1"
        try connection.run(set, "accepted_rows", value)
        try connection.run(set, "accepted_at", head)
        saved = value
    }
}

extension Engine {
    /// Once a minute and at the end.
    func saveCounts() throws {
        guard !acceptedRows.isSaved else { return }
        try transaction { try acceptedRows.save(on: connection, at: positions.head) }
    }
}
