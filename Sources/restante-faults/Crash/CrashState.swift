import CSQLite
import Foundation
import RestanteMigrations
import RestanteStore

/// A file from which children start.
struct CrashState: Sendable {
    let name: String
    /// The directory with the file; each case works on a copy.
    let directory: String
    let script: CrashChild.Script
    let facts: CrashFacts

    /// A copy of the directory for one case: the path of the database.
    func copy(to directory: String) throws -> String {
        try FileManager.default.copyItem(atPath: self.directory, toPath: directory)
        return directory + "/mail.db"
    }

    /// The states that mail is sent in: no file; a WAL that holds commits; a file full of holes.
    static func ofMail(in folder: String) async throws -> [CrashState] {
        var states: [CrashState] = []
        for (name, script) in [("fresh", nil), ("wal", CrashChild.Script.fill), ("swept", .churn)] {
            let directory = try makeDirectory(folder + "/mail-" + name)
            var facts = ""
            if let script {
                let child = try ChildProcess(
                    LedgerSettings.besides("restante-faults"), ["crash-child", script.rawValue, directory + "/mail.db"])
                facts = await child.text()
                _ = await child.status()
                try? FileManager.default.removeItem(atPath: directory + "/mail.db-shm")
            }
            states.append(CrashState(name: name, directory: directory, script: .play, facts: CrashFacts(facts)))
        }
        return states
    }

    /// No file, in which devices register where they are woken.
    static func ofWakes(in folder: String) throws -> CrashState {
        let directory = try makeDirectory(folder + "/wakes")
        return CrashState(name: "fresh", directory: directory, script: .wake, facts: CrashFacts(""))
    }

    /// No file, and a file of each earlier version with data in it.
    static func ofMigrations(in folder: String) throws -> [CrashState] {
        try (0..<Migrations.all.count).map { version in
            let directory = try makeDirectory(folder + "/version-\(version)")
            let database = directory + "/mail.db"
            if version > 0 {
                _ = try Migrator(migrations: Array(Migrations.all.prefix(1))).up(database: database)
                try insertData(database)
                _ = try Migrator(migrations: Array(Migrations.all.prefix(version))).up(database: database)
            }
            return CrashState(
                name: "version \(version)", directory: directory, script: .migrate, facts: CrashFacts(""))
        }
    }

    private static func makeDirectory(_ path: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Of schema version 1, the same each time.
    private static let data = """
        INSERT INTO devices(device_id, kind, user, device, log_id, registered_at, last_seen_at)
            VALUES (1, 'device', 'alice', 'a', 1, 1, 1), (2, 'device', 'bob', 'p', 3, 1, 1);
        INSERT INTO logs(log_id, kind, name)
            VALUES (1, 'device', 'alice/a'), (2, 'user', 'alice'), (3, 'device', 'bob/p'), (4, 'user', 'bob');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
            INSERT INTO messages SELECT i, 4, 1, CAST(printf('%016d', i) AS BLOB), 1, 9000000000000, 0, 0, i, i * 100, 0,
                CAST(printf('%0100d', i) AS BLOB) FROM n;
        INSERT INTO accepted(message_id, sender_id, part, log_id, seq, accepted_at, digest)
            SELECT message_id, 1, 0, 4, seq, 1, message_id FROM messages;
        INSERT INTO cursors(device_id, log_id, started_seq, acked_seq, acked_count) VALUES (2, 4, 0, 50, 50);
        UPDATE meta SET value = 1000 WHERE key = 'next_seq';
        """

    private static func insertData(_ database: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open(database, &handle) == SQLITE_OK, sqlite3_exec(handle, data, nil, nil, nil) == SQLITE_OK
        else {
            throw BrokenPromise("the data of version 1 cannot be inserted: \(String(cString: sqlite3_errmsg(handle)))")
        }
    }
}
