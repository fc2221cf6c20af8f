import ArgumentParser
import Foundation

/// Many clients that lose the server at once and come back at once.
struct StormBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storm",
        abstract: "End the server under load, start it again, and let all clients come back at once.",
        discussion: """
            Each client has messages waiting that it has not acknowledged; some senders go on while the server ends, and send \
            again what has no answer. It is an error when a message that was accepted does not come, when one comes again \
            after `acked`, or when somebody is not back in time.

              restante-bench storm --clients 10000 --waiting 10
              restante-bench storm --clients 10000 --waiting 10 --graceful --polite
            """)

    @Option(help: "Clients.")
    var clients = 10_000
    @Option(help: "Messages that wait for each.")
    var waiting = 10
    @Option(help: "Messages a second while the server ends.")
    var rate = 1000
    @Flag(help: "End it with SIGTERM; otherwise with SIGKILL.")
    var graceful = false
    @Flag(help: "Clients wait as `closing` says or by their backoff; otherwise all connect at the same moment.")
    var polite = false
    @Option(help: "Seconds within which everybody must be back and have everything.")
    var limit = 60
    @Flag(help: "As CI runs it: 500 clients with 4 messages, both ways of ending, with 120 s each on whatever machine.")
    var short = false
    private static let shortLimit = 120
    @OptionGroup var options: ServerOptions

    func run() async throws {
        let setups =
            short
            ? [
                StormSetup(clients: 500, waiting: 4, rate: 500, graceful: false, polite: false, limit: Self.shortLimit),
                StormSetup(clients: 500, waiting: 4, rate: 500, graceful: true, polite: true, limit: Self.shortLimit),
            ]
            : [
                StormSetup(
                    clients: clients, waiting: waiting, rate: rate, graceful: graceful, polite: polite, limit: limit)
            ]
        for setup in setups {
            try OpenFiles.allow(setup.clients + 1000)
            let report = try await LoadedServer.with(options) { server in
                try await LoadGenerator.with(server) { try await StormRun($0, setup).measure() }
            }
            try report.printed()
            try report.check()
        }
    }
}

/// What is asked of a storm.
struct StormSetup: Sendable, Encodable {
    var clients: Int
    var waiting: Int
    var rate: Int
    var graceful: Bool
    var polite: Bool
    var limit: Int
}
