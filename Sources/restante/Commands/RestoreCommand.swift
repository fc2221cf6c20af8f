import ArgumentParser
import Foundation
import RestanteStore

/// Makes a database of a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a database of a backup, while no server runs on it.",
        discussion: """
            The backup is verified first: against BACKUP.sha256 if that is there, its structure, and every message. The \
            database that is there must be moved away, with its -wal and -shm; nothing is overwritten.

              systemctl stop restante
              mkdir old && mv mail.db mail.db-* old/
              restante restore /backups/mail-2026-11-24.db --database mail.db
              systemctl start restante

            Clients are told by a new epoch. What was acknowledged since the backup comes again; what was accepted since is \
            gone, unless its sender sends it again; devices that were unlinked since are linked again. docs/OPERATIONS.md \
            says what to do about that.
            """)

    @Argument(help: "What `restante backup` wrote.", completion: .file()) var backup: String
    @Option(help: "The database file to make.") var database: String
    @Flag(help: "Keep messages that are damaged: their readers are told so. Otherwise such a backup is refused.")
    var keepDamaged = false

    func run() async throws {
        let shown = WorkShown()
        let report: BackupReport
        do {
            let restore = Restore(backup: backup, database: database, keepDamaged: keepDamaged)
            if !restore.hasSum { note("there is no \(backup).sha256: only structure and messages can be checked") }
            report = try restore.run { shown.update($0) }
            shown.finish()
        } catch {
            shown.finish()
            throw error
        }
        print("\(report.path.printable)  \(report.messages) messages restored, in a new epoch")
        if report.damaged > 0 { print("damaged    \(report.damaged) messages: their readers will be told so") }
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
