import Foundation
import Testing

@testable import RestanteMigrations
@testable import RestanteStore

/// A file that must not be opened.
struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: StoreError.Code
    /// What the message tells the operator to do.
    let advice: String
    var hasWAL = false
    let make: @Sendable () throws -> Folder

    static let all = notDatabases + databases

    private static let notDatabases = [
        Refused(testDescription: "a text", code: .notADatabase, advice: "Name another file with --database") {
            try file(Data(String(repeating: "Dear diary, ", count: 500).utf8))
        },
        Refused(testDescription: "a short text", code: .notADatabase, advice: "Name another file with --database") {
            try file(Data("x\n".utf8))
        },
        Refused(testDescription: "a folder", code: .notADatabase, advice: "Name a database file with --database") {
            let folder = try Folder()
            try FileManager.default.createDirectory(atPath: folder.database, withIntermediateDirectories: false)
            return folder
        },
        Refused(testDescription: "half a header", code: .damaged, advice: "Restore a backup") {
            try file(ours().bytes()["test.db", default: Data()].prefix(60))
        },
        Refused(testDescription: "a page and a half", code: .damaged, advice: "Restore a backup") {
            try file(ours().bytes()["test.db", default: Data()].prefix(12_288))
        },
    ]

    private static let databases = [
        Refused(testDescription: "another program's", code: .notADatabase, advice: "Name another file with --database")
        {
            let folder = try Folder()
            try folder.run("CREATE TABLE recipes(name TEXT); PRAGMA user_version = 1; PRAGMA application_id = 7")
            return folder
        },
        Refused(
            testDescription: "another program's, without an id", code: .notADatabase,
            advice: "Name another file with --database"
        ) {
            let folder = try Folder()
            try folder.run("CREATE TABLE recipes(name TEXT)")
            return folder
        },
        Refused(
            testDescription: "another program's, with its own table of migrations", code: .notADatabase,
            advice: "Name another file with --database"
        ) {
            let folder = try Folder()
            try folder.run("CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, inserted_at TEXT)")
            return folder
        },
        Refused(
            testDescription: "another program's, without tables yet", code: .notADatabase,
            advice: "Name another file with --database"
        ) {
            let folder = try Folder()
            try folder.run("PRAGMA application_id = 7")
            return folder
        },
        Refused(
            testDescription: "another program's, in its WAL", code: .notADatabase,
            advice: "Name another file with --database", hasWAL: true
        ) {
            try Folder().copyWithWAL(after: "CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES ('soup')")
        },
        Refused(testDescription: "a newer one", code: .newerSchema, advice: "Run the newer Restante") {
            let folder = try ours()
            try folder.run(newer)
            return folder
        },
        Refused(
            testDescription: "a newer one, in its WAL", code: .newerSchema, advice: "Run the newer Restante",
            hasWAL: true
        ) {
            try ours().copyWithWAL(after: newer)
        },
        Refused(
            testDescription: "another history", code: .changedMigration, advice: "Run the Restante that wrote the file"
        ) {
            let folder = try ours()
            try folder.run(otherHistory)
            return folder
        },
        Refused(
            testDescription: "another history, in its WAL", code: .changedMigration,
            advice: "Run the Restante that wrote the file", hasWAL: true
        ) {
            try ours().copyWithWAL(after: otherHistory)
        },
    ]

    private static let newer = """
        PRAGMA user_version = \(Schema.latest + 1);
        INSERT INTO schema_migrations VALUES (\(Schema.latest + 1), 'later.sql', 'x', 0);
        """
    private static let otherHistory = "UPDATE schema_migrations SET checksum = 'other' WHERE version = 1"

    private static func ours() throws -> Folder {
        let folder = try Folder()
        try Migrator().up(database: folder.database)
        return folder
    }

    private static func file(_ bytes: Data) throws -> Folder {
        let folder = try Folder()
        try folder.write(bytes)
        return folder
    }
}
