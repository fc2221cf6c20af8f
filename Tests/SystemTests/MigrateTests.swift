import Foundation
import Testing

extension SystemTests {
    @Suite struct MigrateTests {
        @Test func migrationsAreShownTriedAndApplied() async throws {
            try await Home.with { home in
                func migrate(_ arguments: String...) async throws -> Command {
                    try await Command.run(
                        Products.restante, ["migrate"] + arguments + ["--database", home.database], in: home)
                }
                let before = try await migrate("status")
                #expect(before.status == 0 && before.output.hasPrefix("0001-initial"), "\(before)")
                #expect(before.lines.allSatisfy { $0.hasSuffix("  not applied") }, "\(before)")
                let tried = try await migrate("up", "--dry-run")
                #expect(tried.lines.first?.hasSuffix("  would be applied") == true, "\(tried)")
                #expect(home.bytes("mail.db").isEmpty)
                let applied = try await migrate("up")
                #expect(applied.lines.first?.hasSuffix("  applied") == true, "\(applied)")
                #expect(try await migrate("up").output == "nothing to do\n")
                let after = try await migrate("status")
                #expect(after.lines.allSatisfy { $0.contains(#/  \d{4}-\d\d-\d\dT/#) }, "\(after)")
            }
        }

        /// Killed before each of its writes in turn, the migration can be run again and completes.
        @Test func aMigrationThatIsKilledHalfWayIsRunAgain() async throws {
            let whole = try await Home.with { home in
                _ = try await home.restante("migrate", "up", "--database", home.database)
                return try await home.schema()
            }
            #expect(whole.output.contains("CREATE TABLE messages"), "\(whole)")
            var kills = 0
            for write in 1...1000 {
                let wasKilled = try await Home.with { home in
                    let wasKilled = try await migrateKilled(atWrite: write, in: home)
                    let again = try await home.restante("migrate", "up", "--database", home.database)
                    #expect(again.status == 0, "after a kill at write \(write): \(again)")
                    #expect(try await home.schema().output == whole.output, "after a kill at write \(write)")
                    return wasKilled
                }
                guard wasKilled else { break }
                kills += 1
            }
            print("the migration was killed at each of its \(kills) writes")
            #expect(kills > 3, "too few writes were seen: does strace work here?")
        }

        private func migrateKilled(atWrite write: Int, in home: Home) async throws -> Bool {
            let done = try await Command.run(
                "/usr/bin/strace",
                [
                    "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
                    "inject=pwrite64:signal=SIGKILL:when=\(write)", Products.restante, "migrate", "up", "--database",
                    home.database,
                ], in: home)
            guard done.status != 0 else { return false }
            try #require(done.status == -SIGKILL, "\(done)")
            return true
        }
    }
}

extension Home {
    /// All that makes the schema, and whether the file is sound.
    fileprivate func schema() async throws -> Command {
        try await sqlite3(
            """
            SELECT sql FROM sqlite_schema ORDER BY name; PRAGMA user_version; PRAGMA application_id;
            PRAGMA page_size; PRAGMA journal_mode; SELECT version, name, checksum FROM schema_migrations;
            PRAGMA integrity_check
            """, readOnly: false)
    }
}
