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

/// The whole life of mail.
struct LifeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "life",
        abstract: "After `drain`, wait until the server has forgotten everything: whole lives a second.",
        discussion: """
            Sent, delivered, acknowledged and swept: the time of all three parts together, without the recipients' \
            registration. The server is asked on its operators' socket whether a message is left in its file.

              restante-bench life
            """)

    @OptionGroup var options: MailOptions

    func run() async throws {
        try await MailRun.measure("life", options.setup, until: .swept, options.server)
    }
}
