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

/// Larger and larger payloads.
struct PayloadsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payloads",
        abstract: "Send and drain payloads of 64 bytes to 256 KiB.",
        discussion: """
            As many of each size as --megabytes hold, at most --messages. A connection has at most a MiB on its way.

              restante-bench payloads --payload 64 --payload 262144
            """)

    @Option(parsing: .singleValue, help: "Bytes; may come more than once. (default: 64 to 262144 in steps of 4)")
    var payload: [Int] = []
    @Option(help: "Messages of one size at most.")
    var messages = 500_000
    @Option(help: "MiB of payload of one size at most.")
    var megabytes = 512
    @Option(help: "Recipients.")
    var recipients = 1000
    @Flag(help: "As the tests run it: 64 bytes and 256 KiB, up to 1,000 messages and 8 MiB, 20 recipients.")
    var short = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let sizes = (0...6).map { 64 << (2 * $0) }
        for size in short ? [64, 262_144] : payload.isEmpty ? sizes : payload {
            let (most, bytes) = short ? (1000, 8 << 20) : (messages, megabytes << 20)
            let setup = MailSetup(
                senders: 20, window: max(min(64, (1 << 20) / max(size, 1)), 1), recipients: short ? 20 : recipients,
                payload: size, messages: max(min(most, bytes / max(size, 1)), 1), atOnce: 100)
            try await MailRun.measure("payloads", setup, until: .swept, server)
        }
    }

    func validate() throws {
        guard payload.allSatisfy({ (0...262_144).contains($0) }), min(messages, megabytes, recipients) > 0 else {
            throw ValidationError("payloads of up to 262,144 bytes, and at least one of everything else")
        }
    }
}
