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
    }
}
