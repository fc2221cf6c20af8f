import ArgumentParser
import Foundation

/// Mail that comes and goes for as long as is asked: file, memory and pauses must stay as they are.
struct ChurnBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "churn",
        abstract: "Store, deliver, acknowledge and forget for long, and watch file, memory and pauses.",
        discussion: """
            Live devices acknowledge what they get with the next commit. The file stays within 1.5 times what was live at \
            most, memory within 1.5 times its first quarter and the cache of SQLite, the sweep leaves no more than a minute's \
            mail, and no slice of the store's own work holds a commit back for more than 10 ms at the 99.9th percentile. Prints progress, a table and one line of JSON.

              restante-bench churn --messages 20000000
              restante-bench churn --short
              restante-bench churn --reader
            """)

    @Option(help: "Messages in and out.")
    var messages = 20_000_000
    @Option(help: "Messages a commit.")
    var batch = 256
    @Option(help: "Milliseconds that a slice of the store's own work may take at the 99.9th percentile.")
    var pause = 10.0
    @Option(help: "Where the database is made; removed afterwards.")
    var directory = NSTemporaryDirectory()
    @Flag(help: "A sqlite3 shell holds a transaction until the WAL is at its cap (64 MiB here), and then ends.")
    var reader = false
    @Flag(help: "As CI runs it: 1,000,000 messages, with the reader before them, and without a limit for pauses.")
    var short = false

    func run() async throws {
        let folder = directory + "/restante-churn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if reader || short {
            let path = folder + "/reader.db"
            let run = try ChurnRun(path: path, messages: 0, batch: batch, walBytes: StalledReader.walBytes)
            print(try await StalledReader(run: run).measure())
        }
        if reader { return }
        let run = try ChurnRun(path: folder + "/bench.db", messages: short ? 1_000_000 : messages, batch: batch)
        let result = try await run.run()
        print(result.table)
        print(try result.json())
        try result.check(pause: short ? nil : pause)
    }
}
