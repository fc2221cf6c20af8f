import ArgumentParser

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
