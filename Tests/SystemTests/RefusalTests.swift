import Foundation
import Testing

extension SystemTests {
    /// A database that is refused is left as it was, with its WAL, and the operator is told what to do.
    @Suite struct RefusalTests {
        static let commands = [["serve", "--port", "0"], ["migrate", "up"], ["migrate", "status"]]

        @Test(arguments: commands) func whatIsNoDatabaseIs65(command: [String]) async throws {
            try await Home.with { home in
                let text = String(repeating: "This is a letter, and no database. ", count: 300)
                try Data(text.utf8).write(to: URL(filePath: home.database))
                try await expectRefusal(command, in: home, status: 65, advice: "Name another file with --database")
            }
        }

        @Test(arguments: commands) func anotherProgramsDatabaseIs65(command: [String]) async throws {
            try await Home.with { home in
                try await home.changeInWAL("CREATE TABLE recipes(name); INSERT INTO recipes VALUES ('soup')")
                try await expectRefusal(command, in: home, status: 65, advice: "Name another file with --database")
            }
        }

        @Test(arguments: commands) func aNewerSchemaIs79(command: [String]) async throws {
            try await Home.with { home in
                try await home.migrate()
                try await home.changeInWAL("PRAGMA user_version = 999")
                try await expectRefusal(command, in: home, status: 79, advice: "Run the newer Restante")
            }
        }

        @Test(arguments: commands) func aChangedMigrationIs80(command: [String]) async throws {
            try await Home.with { home in
                try await home.migrate()
                try await home.changeInWAL("UPDATE schema_migrations SET checksum = '0' WHERE version = 1")
                try await expectRefusal(command, in: home, status: 80, advice: "Run the Restante that wrote the file")
            }
        }

        @Test(arguments: commands) func aRunningServersDatabaseIs75(command: [String]) async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { try await $0.send("hello", to: .user("bob")) }
                let done = try await Command.run(
                    Products.restante, command + ["--database", server.home.database], in: server.home)
                #expect(done.status == 75 && done.errors.contains("Stop it first"), "\(done)")
                let heard = try await Device.with("bob", on: server) { try await $0.texts(1) }
                #expect(heard == ["hello"])
            }
        }

        private func expectRefusal(
            _ command: [String], in home: Home, status: Int32, advice: String
        ) async throws {
            let before = [home.bytes("mail.db"), home.bytes("mail.db-wal")]
            let done = try await Command.run(
                Products.restante, command + ["--database", home.database], in: home)
            #expect(done.status == status && done.errors.contains(advice), "\(done)")
            #expect(done.errors.contains(home.database), "\(done)")
            #expect([home.bytes("mail.db"), home.bytes("mail.db-wal")] == before)
        }
    }
}

extension Home {
    /// Makes the database as this binary has it.
    fileprivate func migrate() async throws {
        let done = try await restante("migrate", "up", "--database", database)
        try #require(done.status == 0, "\(done)")
    }

    /// Makes a change that is left in the WAL, as after a crash.
    fileprivate func changeInWAL(_ sql: String) async throws {
        let done = try await Command.run(
            "/usr/bin/sqlite3",
            [database, ".dbconfig no_ckpt_on_close on", "PRAGMA journal_mode = wal", sql], in: self)
        try #require(done.status == 0 && !bytes("mail.db-wal").isEmpty, "\(done)")
    }
}
