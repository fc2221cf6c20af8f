import Foundation
import RestanteCore
import Testing

@testable import RestanteMigrations
@testable import RestanteStore

/// A database comes to the schema of the binary from wherever it is, in whole steps.
@Suite struct MigratorTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func fromNothingToTheLatest() throws {
        let applied = try Migrator().up(database: folder.database)
        #expect(applied.map(\.version) == Migrations.all.map(\.version))
        #expect(try folder.texts("PRAGMA user_version") == [String(Schema.latest)])
        #expect(try folder.texts("PRAGMA integrity_check") == ["ok"])
        #expect(try folder.texts("SELECT count(*) FROM devices") == ["0"])
    }

    @Test func theRealHistoryIsNumberedFromOne() {
        #expect(Migrations.all.map(\.version) == Array(1...Migrations.all.count))
        for file in Migrations.all { #expect(file.name.hasPrefix("000\(file.version)-")) }
    }

    /// What a user has at each version must still be there at the last.
    @Test(arguments: 1...3)
    func rowsSurviveFrom(version: Int) throws {
        try Migrator(migrations: History.first(version)).up(database: folder.database)
        try folder.run(History.rows(at: version))
        let applied = try Migrator(migrations: History.all).up(database: folder.database)
        #expect(applied.map(\.version) == Array([1, 2, 3].dropFirst(version)))
        #expect(try folder.texts("SELECT text || ' ' || length FROM notes ORDER BY id") == ["hello 5", "world! 6"])
        #expect(try folder.texts("PRAGMA user_version") == ["3"])
        #expect(try folder.texts("PRAGMA application_id") == [String(Schema.applicationID)])
    }

    @Test func statusSaysWhatIsAppliedAndChangesNothing() throws {
        #expect(
            try Migrator(migrations: History.all).status(database: folder.database).map(\.appliedAt) == [nil, nil, nil])
        #expect(!folder.exists("test.db"))
        try Migrator(migrations: History.first(2)).up(database: folder.database)
        let before = try folder.bytes()
        let status = try Migrator(migrations: History.all).status(database: folder.database)
        #expect(status.map(\.name) == ["0001-letters.sql", "0002-read.sql", "0003-notes.sql"])
        #expect(status.map { $0.appliedAt != nil } == [true, true, false])
        #expect(abs((status[0].appliedAt ?? 0) - StoreClock.wall.now()) < 60_000)
        #expect(try folder.bytes() == before)
    }

    @Test func upAgainDoesNothing() throws {
        try Migrator(migrations: History.all).up(database: folder.database)
        let before = try folder.bytes()
        #expect(try Migrator(migrations: History.all).up(database: folder.database) == [])
        #expect(try folder.bytes() == before)
    }

    @Test func aDryRunOfNothingMakesNoFile() throws {
        let planned = try Migrator(migrations: History.all).up(database: folder.database, dryRun: true)
        #expect(planned.map(\.version) == [1, 2, 3])
        #expect(!folder.exists("test.db"))
    }

    @Test func aDryRunChangesNoByteAndSeesWhatIsInTheWAL() throws {
        try Migrator(migrations: History.first(1)).up(database: folder.database)
        let folder = try folder.copyWithWAL(after: History.rows(at: 1))
        let before = try folder.bytes()
        #expect(before["test.db-wal"]?.isEmpty == false)
        let planned = try Migrator(migrations: History.all).up(database: folder.database, dryRun: true)
        #expect(planned.map(\.version) == [2, 3])
        #expect(try folder.bytes() == before)
        // The third step fails on the rows, and these are in the WAL alone.
        let failing = History.first(2) + [History.file(3, "0003-narrow.sql", History.refusesHello)]
        let error = #expect(throws: StoreError.self) {
            try Migrator(migrations: failing).up(database: folder.database, dryRun: true)
        }
        #expect(error?.code == .migrationFailed)
        #expect(try folder.bytes() == before)
    }

    @Test func whatFailsHalfWayIsRolledBackAndCanBeRunAgain() throws {
        try Migrator(migrations: History.first(1)).up(database: folder.database)
        try folder.run(History.rows(at: 1))
        let broken = History.file(3, "0003-notes.sql", "CREATE TABLE half(x); INSERT INTO nowhere VALUES (1);")
        let error = #expect(throws: StoreError.self) {
            try Migrator(migrations: History.first(2) + [broken]).up(database: folder.database)
        }
        #expect(error?.code == .migrationFailed)
        #expect(error?.message.contains("0003-notes.sql failed and was rolled back: no such table: nowhere") == true)
        // The step before it was whole and stays.
        #expect(try folder.texts("PRAGMA user_version") == ["2"])
        #expect(try folder.texts("SELECT version FROM schema_migrations ORDER BY version") == ["1", "2"])
        #expect(try folder.texts("SELECT name FROM sqlite_schema WHERE name = 'half'") == [])
        let applied = try Migrator(migrations: History.all).up(database: folder.database)
        #expect(applied.map(\.version) == [3])
        #expect(try folder.texts("SELECT text FROM notes ORDER BY id") == ["hello", "world!"])
    }

    @Test(arguments: 0...2)
    func aKillBetweenStepsIsCarriedOn(after steps: Int) throws {
        let killed = Migrator(migrations: History.first(steps))
        let connection = try killed.openForWriting(folder.database)
        try killed.apply(on: connection)
        let copy = try folder.copyWithWAL(after: "SELECT 1")  // as the disk has it, before anything is tidied up
        connection.close()
        #expect(try Migrator(migrations: History.all).up(database: copy.database).count == 3 - steps)
        #expect(try copy.texts("SELECT count(*) FROM notes") == ["0"])
    }
}

/// A history of its own, with rows that each step has to carry over.
enum History {
    static let all = [
        file(1, "0001-letters.sql", "CREATE TABLE letters(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"),
        file(2, "0002-read.sql", "ALTER TABLE letters ADD COLUMN read INTEGER NOT NULL DEFAULT 0;"),
        file(
            3, "0003-notes.sql",
            """
            CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL, length INTEGER NOT NULL) STRICT;
            INSERT INTO notes SELECT id, text, length(text) FROM letters;
            DROP TABLE letters;
            """),
    ]

    static let refusesHello = """
        CREATE TABLE narrow(text TEXT CHECK (text <> 'hello')) STRICT;
        INSERT INTO narrow SELECT text FROM letters;
        """

    static func first(_ count: Int) -> [Migrations.File] { Array(all.prefix(count)) }

    static func file(_ version: Int, _ name: String, _ sql: String) -> Migrations.File {
        Migrations.File(version: version, name: name, sql: Array(sql.utf8))
    }

    static func rows(at version: Int) -> String {
        switch version {
        case 1, 2: "INSERT INTO letters(text) VALUES ('hello'), ('world!')"
        default: "INSERT INTO notes(text, length) VALUES ('hello', 5), ('world!', 6)"
        }
    }
}
