import ArgumentParser

/// Breaks things on purpose and compares what is left with what was promised: `docs/RELIABILITY.md`.
@main
struct Faults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restante-faults",
        abstract: "Break things on purpose, and see whether the promises hold.",
        discussion: "Scripts/faults builds and runs it; docs/RELIABILITY.md says what each part breaks.",
        subcommands: [
            BackupChild.self, BackupFault.self, ClockSteps.self, CrashChild.self, CrashCommand.self, Damage.self,
            DiskFullCommand.self, IOErrorsCommand.self, LedgerCommand.self, PowerLossCommand.self, Retention.self,
        ])
}
