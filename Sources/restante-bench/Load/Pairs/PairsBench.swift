import ArgumentParser

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
