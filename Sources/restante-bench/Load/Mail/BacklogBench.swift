import ArgumentParser

/// One device for which more and more waits.
struct BacklogBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backlog",
        abstract: "Let 1,000, 100,000 and 1,000,000 messages wait for one device, and drain them: the cost of each.",
        discussion: """
            What a message costs to drain must not depend on how many wait: compare `drain` of the runs.

              restante-bench backlog --messages 1000 --messages 1000000
            """)

    @Option(parsing: .singleValue, help: "Messages; may come more than once. (default: 1000, 100000, 1000000)")
    var messages: [Int] = []
    @Option(help: "Bytes of payload.")
    var payload = 256
    @Flag(help: "As the tests run it: 200 and 5,000 messages.")
    var short = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        for count in short ? [200, 5000] : messages.isEmpty ? [1000, 100_000, 1_000_000] : messages {
            let setup = MailSetup(
                senders: 20, window: 64, recipients: 1, payload: payload, messages: count, atOnce: 1)
            try await MailRun.measure("backlog", setup, until: .swept, server)
        }
    }

    func validate() throws {
        guard messages.allSatisfy({ $0 > 0 }) else { throw ValidationError("at least one message") }
    }
}
