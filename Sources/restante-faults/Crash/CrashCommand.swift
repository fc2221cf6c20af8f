import ArgumentParser
import Foundation

/// A SIGKILL at the 1st, 2nd, … call that changes a file, until a run ends without one.
struct CrashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash",
        abstract: "Kill a store at each of its system calls, and compare what is left with what it had told.",
        discussion: """
            Needs strace. Sends, drains, acknowledges, sweeps and checkpoints, from files of several kinds; and migrates, \
            from each earlier version.

              Scripts/faults crash --short
              Scripts/faults crash
            """)

    @Flag(help: "As CI runs it: every third write, beginning where the seed says.")
    var short = false
    @Option(help: "Where --short begins. (default: a fresh one)")
    var seed: UInt64?
    @Option(help: "Cases at once.")
    var jobs = 2

    func run() async throws {
        let seed = seed ?? .random(in: 0 ... .max)
        let stride = short ? 3 : 1
        let folder = NSTemporaryDirectory() + "/restante-crash-\(UInt32.random(in: 0 ... .max))"
        print(short ? "crash: seed \(seed), every third write" : "crash: every write")
        let began = ContinuousClock.now
        let run = CrashRun(folder: folder, stride: stride, first: 1 + Int(seed % UInt64(stride)), jobs: max(jobs, 1))
        let states = try await CrashState.ofMail(in: folder) + CrashState.ofMigrations(in: folder)
        for state in states { try await run.all(of: state) }
        let (cases, broken) = run.result
        print(
            "crash: seed \(seed): \(cases) kills, \(broken.count) broken,"
                + " \((ContinuousClock.now - began).components.seconds) s")
        guard broken.isEmpty else {
            for line in broken.prefix(40) { print("BROKEN \(line)") }
            print("crash: again with: Scripts/faults crash --seed \(seed)\(short ? " --short" : "")")
            throw ExitCode.failure
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
