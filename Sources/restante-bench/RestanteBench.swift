import ArgumentParser

/// Measures Restante beside what it is built on.
struct RestanteBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restante-bench",
        abstract: "Measures Restante beside what it is built on.",
        discussion: """
            Rates are for this machine in this run: compare ratios, not absolute figures. Each scenario prints one line of \
            JSON and a row of a table.

              restante-bench store --directory /tmp/bench
              restante-bench growth --directory /tmp/bench
              restante-bench idle --connections 10000
              restante-bench life --recipients 10000
            """,
        subcommands: [
            StoreBench.self, GrowthBench.self, ChurnBench.self, BackupBench.self, IdleBench.self, StalledBench.self,
            StormBench.self, StrangersBench.self, EnqueueBench.self, DrainBench.self, LifeBench.self, PairsBench.self,
            GroupsBench.self, BacklogBench.self, MailboxesBench.self, PayloadsBench.self, WakesBench.self,
            GuardBench.self,
        ], defaultSubcommand: StoreBench.self)
}
