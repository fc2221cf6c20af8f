import ArgumentParser
import Foundation
import RestanteCore
import RestanteStore

/// What each way of making a backup costs the mail that comes in meanwhile: docs/OPERATIONS.md has the figures.
struct BackupBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Measure what the ways of making a backup cost a store under load.",
        discussion: "  restante-bench backup --directory /tmp/bench --megabytes 500 --rate 5000")

    @Option(help: "Where the database and the copies are made; needs three times the size.")
    var directory: String
    @Option(help: "Size of the database.")
    var megabytes = 500
    @Option(help: "Messages a second that are sent meanwhile, 256 bytes each.")
    var rate = 5000
    @Option(help: "Seconds without a backup, for comparison, and the most that a backup may take.")
    var seconds = 15.0
    @Option(help: "Only ways whose name contains this.")
    var only = ""

    func run() async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/backup-bench.db"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try await BackupLoad.fill(path, megabytes: megabytes)
        print("way                         seconds  copied    sent   p50 ms   p99 ms  p99.9 ms   max ms  WAL MB")
        for way in BackupWay.allCases where only.isEmpty || way.rawValue.contains(only) {
            try await measure(way, path)
        }
    }

    private func measure(_ way: BackupWay, _ path: String) async throws {
        let copy = directory + "/copy.db"
        for suffix in ["", ".sha256"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
        let store = try SQLiteStore.open(path: path)
        let load = BackupLoad(store, database: path)
        store.start(reportingTo: load)
        try await load.begin(rate: rate)
        try await Task.sleep(for: .seconds(2))
        load.forgetTimes()
        let start = ContinuousClock.now
        let outcome = try await way.run(store, load, from: path, to: copy, limit: seconds)
        let taken = ContinuousClock.now - start
        let phases = load.times()
        await load.end()
        await store.shutdown()
        let times = phases.flatMap(\.times).sorted()
        print(
            String(
                format: "%@  %7.1f  %@  %@  %6.0f", way.rawValue.padded(26),
                Double(taken / .milliseconds(1)) / 1000, outcome.padded(6), times.summary,
                Double(load.largestWAL) / 1e6))
        if phases.count > 1 {
            for (phase, times) in phases { print("  \(phase)".padded(43), times.summary) }
        }
        fflush(nil)
    }
}

extension [Double] {
    /// Of sorted milliseconds.
    fileprivate var summary: String {
        String(format: "%7d  %7.2f  %7.2f  %8.2f  %7.1f", count, at(0.5), at(0.99), at(0.999), at(1))
    }

    private func at(_ part: Double) -> Double {
        isEmpty ? 0 : self[Swift.min(count - 1, Int(Double(count) * part))]
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
