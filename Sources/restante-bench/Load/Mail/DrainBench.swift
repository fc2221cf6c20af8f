import ArgumentParser

/// How fast recipients that come back are given what waits for them.
struct DrainBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "After `enqueue`, let all recipients come back: delivered and acknowledged a second.",
        discussion: """
            Each connects, acknowledges what comes and goes when it is told that nothing waits for it any more; its handshake \
            is in the time. What does not come, comes twice or out of order is an error.

              restante-bench drain --at-once 100
            """)

    @OptionGroup var options: MailOptions

    func run() async throws {
        try await MailRun.measure("drain", options.setup, until: .drained, options.server)
    }
}
