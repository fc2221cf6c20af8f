import ArgumentParser
import Foundation

/// The store alone, without sockets, beside plain C on the same tables.
struct StoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Measure the store beside the limits of sqlite_limits.c, in the same directory and the same run.")

    @Option(help: "Where the databases are made; needs some 500 MB. Use the disk that you will serve from.")
    var directory: String

    @Option(help: "The C program that sets the bar; it is built with cc. Empty: do without it.")
    var limitsSource = "../shared/limits/sqlite_limits.c"

    @Option(help: "Only scenarios whose name contains this.")
    var only = ""

    func run() async throws {
        let counts = try BenchStart.counted(directory)
        let limits = limitsSource.isEmpty ? [:] : try CLimits.measure(source: limitsSource, directory: directory)
        print(StoreTable.header)
        for scenario in StoreScenario.all where only.isEmpty || scenario.name.contains(only) {
            let result = try await StoreRun(scenario, directory: directory, counts: counts).run()
            print(try result.json(beside: limits[scenario.limitsKey]))
            print(StoreTable.rows(result, beside: limits[scenario.limitsKey]))
            fflush(nil)  // Whoever watches a pipe sees each scenario as it ends.
        }
    }
}

/// How the measurements of this process begin.
enum BenchStart {
    /// Makes the directory, has this process counted, and prints the machine. Call it first: the process starts itself again.
    static func counted(_ directory: String) throws -> CountsFile? {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let counts = CallCounter.ofThisProcess(directory: directory)
        if counts == nil { LoadProgress.say(CallCounter.advice) }
        let machine = Machine(directory: directory)
        print(try ["machine": machine].jsonLine)
        print(machine.line)
        print("each run: WAL, synchronous=FULL, secure_delete=ON, page_size=8192, as `restante serve`")
        return counts
    }
}
