/// What can be told of a file at each start in a few milliseconds, however large it is.
extension Migrator {
    /// The schema is what the migrations make, every table's root can be read, and `meta` says what can be.
    func checkStructure(_ connection: Connection) throws {
        let expected = try schema(of: fresh())
        let found = try schema(of: connection)
        for (name, sql) in expected where found[name] != sql {
            throw StoreError.damaged("the schema's entry of \(name) is not what the migrations have made")
        }
        let tables = try connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) }
        for table in tables { _ = try connection.first("SELECT 1 FROM \"\(table)\" LIMIT 1") { $0.int(0) } }
        if expected["meta"] != nil { try checkMeta(connection) }
    }

    private func checkMeta(_ connection: Connection) throws {
        let epoch = try connection.first("SELECT value FROM meta WHERE key = 'epoch'") { $0.text(0) } ?? ""
        guard epoch.utf8.count == 32, epoch.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            throw StoreError.damaged("meta.epoch is not what was written there")
        }
        let made = try fresh().all("SELECT key FROM meta") { $0.text(0) }
        let keys = Set(try connection.all("SELECT key FROM meta") { $0.text(0) })
        for key in made where !keys.contains(key) { throw StoreError.damaged("meta has no \(key)") }
        _ = try Engine.readMark(connection)
    }

    /// What the migrations make of nothing.
    private func fresh() throws -> Connection {
        let connection = try Connection(path: ":memory:", mode: .readWrite)
        try apply(on: connection)
        return connection
    }

    private func schema(of connection: Connection) throws -> [String: String] {
        let rows = try connection.all("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL") {
            ($0.text(0), $0.text(1))
        }
        return Dictionary(rows) { first, _ in first }
    }
}
