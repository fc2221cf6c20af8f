import ArgumentParser
import Foundation
import Glibc
import RestanteStore

/// What `crash` starts and kills: a store whose every system call is on one thread.
struct CrashChild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-child", abstract: "What `crash` kills.", shouldDisplay: false)

    enum Script: String, ExpressibleByArgument, CaseIterable {
        case play, fill, churn, wake, migrate
    }

    @Argument var script: Script
    @Argument var database: String

    func run() throws {
        do {
            try live()
        } catch let error as StoreError {
            // As the server ends.
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(error.exitCode)
        }
    }

    private func live() throws {
        if script == .migrate {
            _ = try Migrator().up(database: database)
            return CrashFacts.tell("done")
        }
        let clock = FaultClock()
        let store = try SQLiteStore.open(path: database, options: CrashScript.wakingOptions(clock))
        let caller = StoreCaller(store) { CrashFacts.tell(CrashTrace.answer) }
        Task.detached { [script] in
            do {
                let life = CrashScript(caller, clock: clock)
                switch script {
                case .play, .migrate: try await life.play()
                case .fill: try await life.fill()
                case .churn: try await life.churn()
                case .wake: try await life.wake()
                }
            } catch {
                CrashFacts.tell("failed: \(error)")
                // When the store has failed, its thread ends the process.
                await store.shutdown()
                if !caller.hasFailed { Glibc.exit(1) }
                return
            }
            // What is in the WAL stays there.
            if script == .fill { kill(getpid(), SIGKILL) }
            await store.shutdown()
        }
        // Here, since strace counts the calls of each thread by themselves.
        store.run(reportingTo: caller)
        if caller.hasFailed { throw StoreError(.inputOutput, "the store failed") }
        CrashFacts.tell("done")
    }
}
