import ArgumentParser
import NIOCore

/// How long a message takes between two clients that are there.
struct PairsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs",
        abstract: "Pairs of clients exchange messages one at a time: times from send to receipt and to `accepted`.",
        discussion: """
            A pair's next message is sent when the last has been received, so that messages a second are what one after the \
            other allows. What does not come, comes twice or out of order is an error.

              restante-bench pairs --pairs 200 --seconds 10
            """)

    @Option(parsing: .singleValue, help: "Pairs; may come more than once. (default: 1, 200, 2000)")
    var pairs: [Int] = []
    @Option(help: "Seconds that are measured, after one that is not.")
    var seconds = 10
    @Option(help: "Bytes of payload.")
    var payload = 256
    @Flag(help: "As the tests run it: 1 and 20 pairs for a second.")
    var short = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let counts = short ? [1, 20] : pairs.isEmpty ? [1, 200, 2000] : pairs
        for count in counts {
            let setup = PairsSetup(pairs: count, seconds: short ? 1 : seconds, payload: payload)
            try OpenFiles.allow(1000 + 2 * count)
            let report = try await LoadedServer.with(server, flags: MailRun.flags, isCounted: true) { server in
                try await LoadGenerator.with(server) { try await PairsRun(generator: $0, setup: setup).measure() }
            }
            try report.printed()
            try report.check()
        }
    }

    func validate() throws {
        guard pairs.allSatisfy({ (1...65_535).contains($0) }), seconds > 0 else {
            throw ValidationError("1 to 65,535 pairs, and at least a second")
        }
    }
}

/// What is asked of ``PairsBench``.
struct PairsSetup: Sendable, Encodable {
    var pairs: Int
    var seconds: Int
    var payload: Int
}

/// One run of ``PairsBench``.
struct PairsRun {
    let generator: LoadGenerator
    let setup: PairsSetup

    func measure() async throws -> PairsReport {
        let target = try generator.server.target(connections: 2 * setup.pairs)
        let pairs = try await generator.pairs(setup.pairs, payloadBytes: setup.payload, target)
        LoadProgress.say("\(setup.pairs) pairs are up")
        try await Task.sleep(for: .seconds(1))
        let mark = try await generator.mark()
        _ = try await generator.onLoop { pairs.value.take() }
        try await Task.sleep(for: .seconds(setup.seconds))
        let times = try await generator.onLoop { pairs.value.take() }
        let effort = try await generator.effort(since: mark, messages: times.receipts.count)
        try await generator.phase("pairs that are done", of: setup.pairs) { phase in
            pairs.value.stop { phase.succeed() }
            return { pairs.value.counts.received }
        }
        try await generator.untilSwept()
        return PairsReport(
            surroundings: generator.server.surroundings, setup: setup, effort: effort, received: times.receipts,
            accepted: times.answers,
            counts: try await generator.onLoop { pairs.value.counts })
    }
}

/// What pairs came to.
struct PairsReport: LoadReport {
    let scenario = "pairs"
    var surroundings: Surroundings
    var setup: PairsSetup
    var effort: Effort
    /// From send to receipt at the recipient.
    var received: Latencies.Summary
    /// From send to `accepted`.
    var accepted: Latencies.Summary
    var counts: Pairs.Counts

    var rows: [(String, String)] {
        surroundings.rows + [(scenario, "\(setup.pairs), one message of \(setup.payload) bytes at a time each")]
            + effort.rows("exchanged", "messages") + [
                ("  send → receipt", "\(received)"),
                ("  send → accepted", "\(accepted)"),
                (
                    "sent",
                    "\(counts.sent); accepted \(counts.accepted), received \(counts.received), "
                        + "twice or out of order \(counts.disordered), refused \(counts.rejected)"
                ),
            ]
    }

    /// What must hold on any machine.
    func check() throws {
        guard counts.lost == 0 else { throw BenchError("\(counts.lost) connections were lost") }
        guard counts.accepted == counts.sent, counts.received == counts.sent, counts.disordered == 0 else {
            throw BenchError(
                "of \(counts.sent) messages \(counts.accepted) were accepted and \(counts.received) came, "
                    + "\(counts.disordered) twice or out of order")
        }
    }
}
