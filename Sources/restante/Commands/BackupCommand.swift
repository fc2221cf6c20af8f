import ArgumentParser
import Foundation
import RestanteStore

/// Copies the database of a running server.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the database of a running server into a file, and verify the copy.",
        discussion: """
            The server itself writes the copy, on its machine and as its user, while it goes on serving; never copy a live \
            database with cp. FILE is one SQLite file with mode 0600 that holds the state of one moment; it gets its name \
            only when it has been verified, and nothing is overwritten. FILE.sha256 is made beside it, for sha256sum -c.

              restante backup /backups/mail-$(date +%F).db --database /var/lib/restante/mail.db
              restante restore /backups/mail-2026-11-24.db --database /var/lib/restante/new.db

            A backup holds sealed mail, also such as is forgotten later: delete old ones. The key file of --database is not \
            in it. Ctrl-C ends it and leaves nothing behind. docs/OPERATIONS.md says more.
            """)

    @OptionGroup var server: OperatorsOptions
    @Flag(help: "Keep messages that are damaged, whose readers will be told so, instead of refusing such a backup.")
    var keepDamaged = false
    @Argument(help: "The file to make.", completion: .file()) var file: String

    func run() async throws {
        let asked = BackupRequestBody(file: absolute(file), keepDamaged: keepDamaged)
        let shown = WorkShown()
        var made: BackupLineBody.Made?
        try await server.client.post("/v1/backup", asked) { line in
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let news = try decoder.decode(BackupLineBody.self, from: line)
            if let progress = news.progress {
                shown.update(BackupProgress(phase: progress.phase, done: progress.done, total: progress.total))
            }
            if let error = news.error {
                shown.finish()
                throw CommandFailure(status: error.exitCode, error.reason)
            }
            made = news.made ?? made
        }
        shown.finish()
        guard let made else { throw CommandFailure(.tryAgain, "the server ended before the backup was made") }
        print("\(made.file.printable)  \(made.messages) messages, \(made.bytes) bytes, verified")
        if made.damaged > 0 { print("damaged    \(made.damaged) messages, kept as they are") }
        print("sha256     \(made.sha256)")
    }

    /// The server has another working directory.
    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
