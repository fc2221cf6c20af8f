import ArgumentParser

/// More and more recipients.
struct MailboxesBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mailboxes",
        abstract: "Send to 10,000, 30,000 and 100,000 recipients that are away, and drain: the cost of each message.",
        discussion: """
            Each recipient registers by connecting, some thousands a second; what millions cost is a question for \
            `restante-bench store`, which needs no sockets. Drained by some connections at a time.

              restante-bench mailboxes --recipients 10000 --recipients 100000
            """)

    @Option(parsing: .singleValue, help: "Recipients; may come more than once. (default: 10000, 30000, 100000)")
    var recipients: [Int] = []
    @Option(help: "Messages in all.")
    var messages = 500_000
    @Option(help: "Bytes of payload.")
    var payload = 256
    @Flag(help: "As the tests run it: 20 and 200 recipients, 2,000 messages.")
    var short = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        for count in short ? [20, 200] : recipients.isEmpty ? [10_000, 30_000, 100_000] : recipients {
            let setup = MailSetup(
                senders: 20, window: 64, recipients: count, payload: payload, messages: short ? 2000 : messages,
                atOnce: 100)
            try await MailRun.measure("mailboxes", setup, until: .swept, server)
        }
    }

    func validate() throws {
        guard recipients.allSatisfy({ (1...9_999_999).contains($0) }), messages > 0 else {
            throw ValidationError("1 to 9,999,999 recipients, and at least one message")
        }
    }
}
