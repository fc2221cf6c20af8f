import ArgumentParser
import Foundation
import RestanteGateway
import RestanteStore

/// The command line: what each command does is in `Commands/`.
@main
struct Restante: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restante",
        abstract: "Holds end-to-end encrypted messages until every device they are owed to has confirmed them.",
        discussion: """
            Start a server, and in two other terminals let bob listen to what alice sends:

              restante serve
              restante listen --as bob/phone
              restante send --as alice/laptop --to bob 'See you at eight'

            The database is one SQLite file; `sqlite3 -readonly restante.db 'SELECT * FROM waiting'` shows what waits.
            """,
        version: version,
        subcommands: commands)

    static let version = "0.1.0"

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            end(failure.status, failure.message)
        } catch let error as StoreError {
            end(error.exitCode, error.message)
        } catch let error as GatewayError {
            end((error.cause as? StoreError)?.exitCode ?? error.exitStatus.rawValue, error.message)
        } catch  where exitCode(for: error) == .failure {
            // Not the argument parser's: nothing that we foresaw.
            end(ExitStatus.inputOutput.rawValue, "\(error)")
        } catch {
            exit(withError: error)
        }
    }

    private static func end(_ status: Int32, _ message: String) -> Never {
        FileHandle.standardError.write(Data("restante: \(message)\n".utf8))
        Foundation.exit(status)
    }
}

extension GatewayError {
    fileprivate var exitStatus: ExitStatus {
        switch code {
        case .badKeys, .badCertificate: .configuration
        case .cannotListen: .unavailable
        case .storeFailed: .inputOutput
        }
    }
}
