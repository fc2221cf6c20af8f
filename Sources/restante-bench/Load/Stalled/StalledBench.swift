import ArgumentParser

/// What readers that stop reading cost the server, and everybody else.
struct StalledBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stalled",
        abstract: "Let many readers stop reading with much waiting for them, and senders send faster than the disk.",
        discussion: """
            All readers are members of one group, whose log is their backlog. Each connects with a small receive buffer and \
            reads nothing after the upgrade, while pairs of healthy clients exchange messages one at a time: the time from a \
            send to its receipt is compared before and while they are there. Then some senders write as fast as their sockets \
            take it: the server must slow them down by not reading, and its memory must stay level.

              restante-bench stalled --readers 1000 --backlog 100000 --pairs 20
            """)

    @Option(help: "Readers that stop reading, up to 1,023.")
    var readers = 1000
    @Option(help: "Messages that wait for each.")
    var backlog = 100_000
    @Option(help: "Bytes of payload of those: 4,096 fill a window of 256 messages to 1 MiB.")
    var payload = 4096
    @Option(help: "Pairs of healthy clients.")
    var pairs = 20
    @Option(help: "Seconds of each part that is measured.")
    var seconds = 10
    @Option(help: "Bytes of a reader's receive buffer in its kernel.")
    var receiveBytes = 4096
    @Flag(
        help: "As CI runs it: 50 readers with 2,000 messages, 3 seconds, with limits that do not depend on the machine."
    )
    var short = false
    @OptionGroup var options: ServerOptions

    func run() async throws {
        let setup =
            short
            ? StalledSetup(
                readers: 50, backlog: 2000, payload: payload, pairs: 4, seconds: 3, receiveBytes: receiveBytes)
            : StalledSetup(
                readers: readers, backlog: backlog, payload: payload, pairs: pairs, seconds: seconds,
                receiveBytes: receiveBytes)
        try OpenFiles.allow(setup.readers + 1000)
        let report = try await LoadedServer.with(options) { server in
            try await LoadGenerator.with(server) { try await StalledRun($0, setup).measure() }
        }
        try report.printed()
        if short { try report.check() }
    }
}

/// What is asked of ``StalledBench``.
struct StalledSetup: Sendable, Encodable {
    var readers: Int
    var backlog: Int
    var payload: Int
    var pairs: Int
    var seconds: Int
    var receiveBytes: Int
}
