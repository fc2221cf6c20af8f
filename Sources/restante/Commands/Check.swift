import ArgumentParser
import RestanteStore

/// Says whether a database is as it was written.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for damage in a database that no server holds.",
        discussion: """
            Changes nothing. Ends with 0 when all is well, with 81 when something is damaged, after one line for each finding: \
            the table, the row, whose it is, never a payload. Without --full it reads the write-ahead log, the schema, the \
            smaller tables and what they say of each other, in moments. With --full it reads everything: every page, every \
            message's checksum, the running totals of every log.

              restante check /var/lib/restante/mail.db
              restante check --full /backups/mail-monday.db

            A server that runs holds its file: check a copy that `restante backup` made. docs/OPERATIONS.md, "When a file is \
            damaged", says what to do about a finding.
            """)

    @Argument(help: "The database file.")
    var file: String
    @Flag(help: "Read everything, not only what is quick.")
    var full = false

    func run() async throws {
        let bar = Progress(label: "checking messages")
        let report: DatabaseCheck.Report
        do {
            report = try DatabaseCheck.run(database: file, full: full) { bar.update(done: $0, total: $1) }
        } catch let error as StoreError where error.code == .locked {
            bar.finish()
            throw CommandFailure(
                .tryAgain,
                "\(file) is in use. Stop the server first, or make a copy with `restante backup` and check that.")
        }
        bar.finish()
        for finding in report.findings { print(finding.description.printable) }
        guard report.findings.isEmpty else {
            throw CommandFailure(
                status: StoreError.Code.damaged.rawValue,
                "\(file) is damaged: \(report.findings.count) findings. docs/OPERATIONS.md, \"When a file is damaged\", says "
                    + "what can be done; copy the file with its -wal away before anything else.")
        }
        print(
            full
                ? "sound: everything, \(report.messages) messages among it"
                : "sound, as far as a quick look goes (--full)")
    }
}
