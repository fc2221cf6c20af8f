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
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let limits = limitsSource.isEmpty ? [:] : try CLimits.measure(source: limitsSource, directory: directory)
        print(Table.header)
        for scenario in StoreScenario.all where only.isEmpty || scenario.name.contains(only) {
            let result = try await StoreRun(scenario, directory: directory).run()
            print(try result.json(beside: limits[scenario.limitsKey]))
            print(Table.row(result, beside: limits[scenario.limitsKey]))
            fflush(nil)  // Whoever watches a pipe sees each scenario as it ends.
        }
    }
}

/// The readable form.
enum Table {
    static let header = line(["scenario", "batch", "stored/s", "drained/s", "life/s", "ratios to C"])

    static func row(_ result: StoreResult, beside limit: CLimits?) -> String {
        let ratios = limit.map { result.ratios(to: $0) }
        let text = ratios.map { String(format: "%.2f %.2f %.2f", $0.stored, $0.drained, $0.life) } ?? "-"
        let rates = [result.storedPerSecond, result.drainedPerSecond, result.lifePerSecond].map { String(Int($0)) }
        return line([result.scenario.name, String(result.scenario.batch)] + rates + [text])
    }

    private static func line(_ cells: [String]) -> String {
        zip(cells, [26, 6, 10, 10, 10, 16]).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
