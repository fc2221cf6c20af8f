import ArgumentParser
import FaultKit

/// Lets each write, sync and truncation of a life fail in turn.
struct IOErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "io-errors",
        abstract: "Fail the first, second, … write, sync and truncation, and compare what was told with what is left.",
        discussion: "The same on a running server, with strace: swift test --filter DiskFaultTests.")

    @Option(help: "Lives, each with every fault at every place.") var lives = 10
    @Option(help: "The first life's seed; a random one otherwise.") var seed: UInt64?
    @Option(help: "Only faults with this in their name: write, sync, truncate.") var only = ""
    @Flag(help: "As continuous integration runs it.") var short = false

    mutating func run() async throws {
        let first = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        let lives = short ? 1 : lives
        print("io-errors: seed = \(first)")
        var (cases, broken) = (0, 0)
        for seed in first..<(first + UInt64(lives)) {
            for fault in IOErrors.faults where "\(fault)".hasPrefix(only) {
                // An odd stride: whether the power goes after the restart is told from k's lowest bit.
                let outcome = try IOErrors(seed: seed, fault: fault).run(by: short ? 3 : 1)
                cases += outcome.cases
                broken += outcome.broken.count
                for what in outcome.broken.prefix(3) {
                    print("seed \(seed): \(what)")
                    print("again with: Scripts/faults io-errors --lives 1 --seed \(seed)")
                }
            }
        }
        print("io-errors: \(lives) lives, \(cases) faults; \(broken) broken promises")
        if broken > 0 { throw ExitCode.failure }
    }
}
