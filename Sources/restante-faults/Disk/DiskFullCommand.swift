import ArgumentParser
import FaultKit

/// Fills a small file system under a store, makes room again, and again.
struct DiskFullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk-full",
        abstract: "Fill the disk under a store, and see that acknowledgements go on and that it recovers by itself.",
        discussion: """
            Mounts a tmpfs in a namespace of its own (as root, or with unshare -rm) and fills it to the last byte. \
            The same with the real server and clients: swift test --filter DiskFullTests.
            """)

    @Option(help: "Times that the disk is filled.") var rounds = 20
    @Option(help: "The seed; a random one otherwise.") var seed: UInt64?
    @Flag(help: "As continuous integration runs it.") var short = false

    mutating func run() async throws {
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        print("disk-full: seed = \(seed)")
        guard let disk = try SmallDisk(megabytes: 24) else {
            return print("disk-full: skipped: a small file system cannot be mounted here (be root, or use unshare -rm)")
        }
        defer { disk.unmount() }
        let life = FullDiskLife(disk: disk, numbers: SeededNumbers(seed: seed))
        do {
            try await life.run(rounds: short ? 4 : rounds)
        } catch let broken as BrokenPromise {
            print("disk-full: \(broken)\nagain with: Scripts/faults disk-full --seed \(seed)")
            throw ExitCode.failure
        }
        print(
            "disk-full: \(life.rounds) rounds, \(life.accepted) accepted, \(life.refused) refused, "
                + "\(life.restarts) restarts while full; 0 broken promises")
    }
}
