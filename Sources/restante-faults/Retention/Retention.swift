import ArgumentParser
import Foundation
import RestanteCore
import RestanteStore

/// Mail for devices that never return must not slow the forgetting of the rest, nor its own end.
struct Retention: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pile up mail for devices that never return, and see what it costs the others.",
        discussion: """
            Measures how fast mail of active devices is swept in an empty store and beside the pile, in one run; then lets \
            the pile expire, and its devices become idle, while active devices go on: no commit may wait for long. The random \
            life of a store with expiry is `RESTANTE_SEEDS=100 swift test --filter LedgerTests`.
            """)

    @Option(help: "Messages that nobody comes for.")
    var messages = 10_000_000
    @Option(help: "Where the database is made; removed afterwards.")
    var directory = NSTemporaryDirectory()
    @Flag(help: "As CI runs it: 300,000 messages, and four times the patience.")
    var short = false

    func run() async throws {
        let folder = directory + "/restante-retention-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let life = try RetentionRun(
            path: folder + "/test.db", messages: short ? 300_000 : messages, patience: short ? 4 : 1)
        try await life.run()
    }
}
