import RestanteCore

/// The messages behind a position, by the table itself: what `owed` lacks after a process was killed.
struct TailScan {
    /// In the order of their positions.
    private(set) var entries: [(log: LogKey, seq: Position)] = []

    init(_ connection: Connection, after: Position) throws {
        guard try !readAll(connection, after) else { return }
        // A page is damaged, and with it what lies behind it would be hidden: `accepted` says who has what, too.
        let isThere = Set(entries.map(\.seq))
        let told = try connection.all(
            "SELECT a.log_id, a.seq FROM accepted a JOIN logs l USING (log_id) WHERE a.seq > ?1"
                + " AND a.seq > l.swept_through AND a.seq NOT IN (SELECT seq FROM withheld)", after
        ) { (log: $0.int(0), seq: $0.int(1)) }
        entries += told.filter { !isThere.contains($0.seq) }
        entries.sort { $0.seq < $1.seq }
    }

    /// False: it came to a page that is damaged.
    private mutating func readAll(_ connection: Connection, _ after: Position) throws -> Bool {
        let statement = try connection.prepare("SELECT log_id, seq FROM messages WHERE seq > ?1 ORDER BY seq")
        statement.bind(after)
        defer { statement.reset() }
        do {
            while try statement.step() { entries.append((statement.int(0), statement.int(1))) }
            return true
        } catch  where error.isDamage {
            return false
        }
    }
}
