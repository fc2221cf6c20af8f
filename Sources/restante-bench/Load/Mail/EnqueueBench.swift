import ArgumentParser

/// How fast mail for recipients that are away is taken in.
struct EnqueueBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue",
        abstract: "Send to recipients that are away: accepted a second, and the time from send to `accepted`.",
        discussion: """
            Every message is durable before `accepted` comes. One that is refused, or has no answer, is an error.

              restante-bench enqueue
              restante-bench enqueue --senders 1 --window 1 --messages 20000
            """)

    @OptionGroup var options: MailOptions

    func run() async throws {
        try await MailRun.measure("enqueue", options.setup, until: .accepted, options.server)
    }
}
