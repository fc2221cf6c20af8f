import ArgumentParser
import Foundation

/// How the costs of a message change when something else grows.
struct GrowthBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measure what a message costs while waiting messages, mailboxes, groups, members or payloads grow.",
        discussion: """
            The store alone, without sockets. One line of JSON and a row of a table for each point; `Scripts/plot` makes \
            plots of the lines.

              restante-bench growth --directory /tmp/bench --out growth.jsonl
              restante-bench growth --directory /tmp/bench --series waiting --series members --up-to 100000
            """)

    @Option(help: "Where the databases are made; 5 million mailboxes need some 5 GB.")
    var directory: String
    @Option(parsing: .singleValue, help: "What grows; may come more than once. (default: each in turn)")
    var series: [GrowthSeries] = []
    @Option(help: "No point beyond this: 5 million mailboxes take ten minutes to register.")
    var upTo = Int.max
    @Option(help: "A file that the lines of JSON are written to, instead of standard output.")
    var out: String?

    func run() async throws {
        let counts = try BenchStart.counted(directory)
        var lines = [try ["machine": Machine(directory: directory)].jsonLine]
        print(GrowthPoint.header)
        for series in series.isEmpty ? GrowthSeries.allCases : series {
            for x in series.points(upTo: upTo) {
                LoadProgress.say("\(series.rawValue) \(x)")
                let result = try await StoreRun(series.scenario(x), directory: directory, counts: counts).run()
                let point = GrowthPoint(series, x, result)
                try tell(point, &lines)
            }
        }
    }

    /// The file is written after each point: the last may take long.
    private func tell(_ point: GrowthPoint, _ lines: inout [String]) throws {
        lines.append(try point.jsonLine)
        if let out {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: out))
        } else {
            print(lines.last ?? "")
        }
        print(point.row)
        fflush(nil)
    }
}
