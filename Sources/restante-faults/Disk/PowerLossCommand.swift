import ArgumentParser
import FaultKit

/// Cuts the power at random moments of random lives.
struct PowerLossCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power-loss",
        abstract: "Forget, tear and reorder what was not synced, and look for accepted messages that are gone.",
        discussion: """
            Each seed is a life of some users on a store on a disk in memory, in which the power goes one to three times. \
            With --synchronous NORMAL the same must find losses, and succeeds when it does.
            """)

    @Option(help: "Lives to run.") var seeds = 5000
    @Option(help: "The first seed; a random one otherwise.") var seed: UInt64?
    @Option(help: "SQLite's synchronous: FULL or NORMAL.") var synchronous = "FULL"
    @Flag(help: "As continuous integration runs it.") var short = false

    mutating func run() async throws {
        let first = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        print("power-loss: seed = \(first), synchronous = \(synchronous)")
        if short {
            try lose(first, count: 1000, synchronous: "FULL")
            try lose(first, count: 50, synchronous: "NORMAL")
        } else {
            try lose(first, count: seeds, synchronous: synchronous)
        }
    }

    private func lose(_ first: UInt64, count: Int, synchronous: String) throws {
        var (losses, accepted, brokenSeeds) = (0, 0, 0)
        for seed in first..<(first + UInt64(count)) {
            let outcome = try PowerLoss(seed: seed, synchronous: synchronous).run()
            losses += outcome.losses
            accepted += outcome.accepted
            guard let what = outcome.broken.first else { continue }
            brokenSeeds += 1
            guard synchronous == "FULL" else { continue }
            print("seed \(seed): \(what) (\(outcome.broken.count) in all)")
            print("again with: Scripts/faults power-loss --seeds 1 --seed \(seed)")
        }
        print(
            "power-loss: synchronous=\(synchronous): \(count) seeds, \(losses) power losses, \(accepted) accepted;"
                + " \(brokenSeeds) seeds broke a promise")
        if synchronous == "FULL" ? brokenSeeds > 0 : brokenSeeds == 0 { throw ExitCode.failure }
    }
}
