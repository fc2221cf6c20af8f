import ArgumentParser

/// Options of the scenarios in which mail waits for recipients that are away.
struct MailOptions: ParsableArguments {
    @Option(help: "Connections that send.")
    var senders = 20
    @Option(help: "Messages that each has on their way until `accepted`.")
    var window = 64
    @Option(help: "Recipients: each connects once, so that there is a mailbox, and goes.")
    var recipients = 10_000
    @Option(help: "Bytes of payload.")
    var payload = 256
    @Option(help: "Messages in all.")
    var messages = 1_000_000
    @Option(help: "Recipients that come back at a time.")
    var atOnce = 100
    @Flag(help: "As the tests run it: 4 senders, 100 recipients, 5,000 messages.")
    var short = false
    @OptionGroup var server: ServerOptions

    var setup: MailSetup {
        short
            ? .short
            : MailSetup(
                senders: senders, window: window, recipients: recipients, payload: payload, messages: messages,
                atOnce: atOnce)
    }

    func validate() throws {
        guard (1...65_535).contains(senders), window > 0, recipients > 0, messages > 0, atOnce > 0 else {
            throw ValidationError("1 to 65,535 senders, and at least one of everything else")
        }
        guard recipients <= 9_999_999 else { throw ValidationError("a recipient's number has seven digits") }
    }
}
