import ArgumentParser
import Foundation

/// A SIGKILL, or an error, at the 1st, 2nd, … call that changes a file, until a run ends without one.
struct CrashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash",
        abstract:
            "Kill a store at each of its system calls, or fail the call, and compare what is left with what it told.",
        discussion: """
            Needs strace. Sends, drains, acknowledges, sweeps and checkpoints, from files of several kinds; wakes devices; and migrates, \
            from each earlier version. A store whose call fails must answer nobody any more and end within a second.

              Scripts/faults crash --short
              Scripts/faults crash
              Scripts/faults crash --errors
            """)

    @Flag(help: "As CI runs it: kills at every third write, errors at every fifteenth, beginning where the seed says.")
    var short = false
    @Flag(help: "EIO at every call, and no kills.")
    var errors = false
    @Option(help: "Where --short begins. (default: a fresh one)")
    var seed: UInt64?
    @Option(help: "Cases at once.")
    var jobs = 2

    func run() async throws {
        let seed = seed ?? .random(in: 0 ... .max)
        let folder = NSTemporaryDirectory() + "/restante-crash-\(UInt32.random(in: 0 ... .max))"
        print("crash: seed \(seed)")
        let states =
            try await CrashState.ofMail(in: folder) + [CrashState.ofWakes(in: folder)]
            + CrashState.ofMigrations(in: folder)
        var broken: [String] = []
        if !errors { broken += try await run(.kill, stride: short ? 3 : 1, seed, states, folder) }
        if errors || short { broken += try await run(.error, stride: short ? 15 : 1, seed, states, folder) }
        guard broken.isEmpty else {
            for line in broken.prefix(40) { print("BROKEN \(line)") }
            let flags = (short ? " --short" : "") + (errors ? " --errors" : "")
            print("crash: again with: Scripts/faults crash --seed \(seed)\(flags); the files are in \(folder)")
            throw ExitCode.failure
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    private func run(
        _ fault: CrashFault, stride: Int, _ seed: UInt64, _ states: [CrashState], _ folder: String
    ) async throws -> [String] {
        let began = ContinuousClock.now
        let first = 1 + Int(seed % UInt64(stride))
        let run = CrashRun(fault, folder: folder, stride: stride, first: first, jobs: max(jobs, 1))
        for state in states { try await run.all(of: state) }
        let (cases, kept, broken) = run.result
        print(
            "crash: seed \(seed): \(fault.rawValue) at \(cases) calls"
                + (fault == .error ? " (\(kept) of them SQLite's own affair)" : "") + ", \(broken.count) broken,"
                + " \((ContinuousClock.now - began).components.seconds) s")
        return broken
    }
}
