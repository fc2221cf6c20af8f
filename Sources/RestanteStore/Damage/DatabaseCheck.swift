/// Looks through a database that no server holds, changes nothing, and says what is wrong with it and where.
public struct DatabaseCheck {
    /// One thing that is not as it was written. Names may be in it, payloads never are.
    public struct Finding: Sendable, CustomStringConvertible {
        /// The table or file, and the row.
        public let place: String
        public let what: String

        public var description: String { "\(place): \(what)" }
    }

    /// What was looked at and found.
    public struct Report: Sendable {
        public fileprivate(set) var findings: [Finding] = []
        /// Rows of `messages` whose checksum was compared; 0 unless the check was full.
        public fileprivate(set) var messages: Int64 = 0
        /// Commits in the WAL.
        public fileprivate(set) var commitsInLog = 0
    }

    /// Findings told of one rule: the first say where to look.
    static let most = 20

    let connection: Connection
    private(set) var report = Report()

    /// - Parameters:
    ///   - full: read everything: every page, every message's checksum, the running totals of every log.
    ///   - progress: called now and then with rows done and rows in all.
    /// - Throws: ``StoreError`` when there is nothing to look at: another server holds it, it is no Restante database.
    public static func run(
        database path: String, full: Bool, progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> Report {
        let path = try resolvedPath(path)
        let lock = try DatabaseLock(for: path)
        defer { withExtendedLifetime(lock) {} }
        // Before SQLite opens the file, as at a start.
        let log = Swift.Result { () throws(StoreError) in try WriteAheadLog.look(besides: path) }
        let connection = try open(path)
        defer { connection.close() }
        var check = DatabaseCheck(connection)
        switch log {
        case .success(let found): check.report.commitsInLog = found.commits
        case .failure(let error): check.note("\(path)-wal", error.message)
        }
        check.look(full: full, progress)
        return check.report
    }

    private static func open(_ path: String) throws(StoreError) -> Connection {
        do {
            return try Connection(path: path, mode: .readOnly)
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    private init(_ connection: Connection) {
        self.connection = connection
    }

    /// What cannot be read is a finding, too, and the rest is looked at all the same.
    private mutating func look(full: Bool, _ progress: (Int64, Int64) -> Void) {
        do { try checkSchema() } catch { note("schema", of: error) }
        do { try checkPages(full: full) } catch { note("pages", of: error) }
        for rule in Rule.all {
            do { try apply(rule) } catch { note(rule.place, of: error) }
        }
        guard full else { return }
        for rule in Rule.index {
            do { try apply(rule) } catch { note(rule.place, of: error) }
        }
        do { try checkForeignKeys() } catch { note("foreign keys", of: error) }
        do { try checkMessages(progress) } catch { note("messages", of: error) }
    }

    private mutating func note(_ place: String, of error: any Error) {
        note(place, (error as? StoreError)?.message ?? "it cannot be read: \(error)")
    }

    private mutating func checkSchema() throws {
        let id = try connection.first("PRAGMA application_id") { $0.int(0) } ?? 0
        guard id == Schema.applicationID else {
            throw StoreError.damaged("application_id is \(id), and a Restante database has \(Schema.applicationID)")
        }
        try Migrator().checkStructure(connection)
    }

    private mutating func checkForeignKeys() throws {
        let rows = try connection.all("PRAGMA foreign_key_check") { "\($0.text(0)) row \($0.int(1))" }
        for row in rows.prefix(Self.most) { note(row, "it points to a row that is not there") }
    }

    mutating func note(_ place: String, _ what: String) { report.findings.append(Finding(place: place, what: what)) }

    mutating func count(_ messages: Int64) { report.messages = messages }

    /// SQLite's own look at pages and rows: of all there is, or of the tables that stay small.
    private mutating func checkPages(full: Bool) throws {
        let large = ["messages", "owed", "accepted"]
        let tables = try connection.all(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ) { $0.text(0) }.filter { !large.contains($0) }
        let checks = full ? ["PRAGMA integrity_check"] : tables.map { "PRAGMA quick_check(\"\($0)\")" }
        for check in checks {
            let lines = try connection.all(check) { $0.text(0) }
            for line in lines.prefix(Self.most) where line != "ok" { note("pages", line) }
        }
    }

    private mutating func apply(_ rule: Rule) throws {
        let rows = try connection.all(rule.sql + " LIMIT \(Self.most)") { $0.text(0) }
        for row in rows { note("\(rule.place) \(row)", rule.what) }
    }
}
