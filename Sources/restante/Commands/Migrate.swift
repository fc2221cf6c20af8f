import ArgumentParser
import Foundation
import RestanteStore

/// The schema's history.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at or apply the migrations of a database that no server holds.",
        discussion: """
            `restante serve` applies missing migrations by itself; these commands are for looking first. A database that is \
            refused (of another program, newer than this binary, with a changed migration) is left as it was.

              restante migrate status --database restante.db
              restante migrate up --dry-run --database restante.db
            """,
        subcommands: [Status.self, Up.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which migrations are applied.")

        @Option(help: "The database file.")
        var database: String

        func run() async throws {
            for entry in try Migrator().status(database: database) {
                print("\(entry.name)  \(entry.appliedAt.map(Migrate.time) ?? "not applied")")
            }
        }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply the missing migrations.",
            discussion: "With --dry-run they are run on a copy in memory, and the file is left as it is.")

        @Option(help: "The database file; made if it is not there.")
        var database: String
        @Flag(help: "Try them, and change nothing.")
        var dryRun = false

        func run() async throws {
            let applied = try Migrator().up(database: database, dryRun: dryRun)
            for entry in applied { print("\(entry.name)  \(dryRun ? "would be applied" : "applied")") }
            if applied.isEmpty { print("nothing to do") }
        }
    }

    static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
    }
}
