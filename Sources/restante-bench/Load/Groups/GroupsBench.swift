import ArgumentParser
import NIOCore

/// What messages to groups cost, by how many read them.
struct GroupsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "Send to groups whose members are away, and to the same when they are there.",
        discussion: """
            Each sender has a group of its own, and all recipients are members of each. While they are away: sends a second, \
            a burst from one sender until all of it is accepted, and how fast everybody drains. When they are there: the time \
            from a send to its receipt at the last member, one message at a time, and deliveries a second.

              restante-bench groups --size 500 --burst 200
            """)

    @Option(
        parsing: .singleValue, help: "Members of each group; may come more than once. (default: 10, 100, 500, 1000)")
    var size: [Int] = []
    @Option(help: "Groups, each with a sender of its own.")
    var groups = 20
    @Option(help: "Messages that each sender has on their way until `accepted`.")
    var window = 64
    @Option(help: "Bytes of payload.")
    var payload = 256
    @Option(help: "Messages in all, while the members are away and again when they are there.")
    var messages = 20_000
    @Option(help: "Deliveries that these come to at most: of messages to large groups there are less.")
    var deliveries = 5_000_000
    @Option(help: "Messages of a burst.")
    var burst = 200
    @Option(help: "How often the burst is repeated, and messages of which each waits for the last.")
    var rounds = 20
    @Flag(help: "As the tests run it: 4 groups of 10 and of 50, 500 messages.")
    var short = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let sizes = short ? [10, 50] : size.isEmpty ? [10, 100, 500, 1000] : size
        for size in sizes {
            let setup = GroupsSetup(
                size: size, groups: short ? 4 : groups, window: short ? 16 : window, payload: payload,
                messages: short ? 500 : max(min(messages, deliveries / size), 1), burst: short ? 50 : burst,
                rounds: short ? 5 : rounds)
            try OpenFiles.allow(1000 + size + groups)
            let report = try await LoadedServer.with(server, flags: GroupsRun.flags, isCounted: true) { server in
                try await LoadGenerator.with(server) { try await GroupsRun($0, setup).measure() }
            }
            try report.printed()
            try report.check()
        }
    }

    func validate() throws {
        guard size.allSatisfy({ (1...1023).contains($0) }) else {
            throw ValidationError("a group has up to 1,024 members, of whom one sends")
        }
        guard (1...256).contains(groups) else { throw ValidationError("a user is in at most 256 groups") }
        guard min(window, messages, burst, rounds) > 0 else { throw ValidationError("at least one of everything") }
    }
}

/// What is asked of ``GroupsBench``.
struct GroupsSetup: Sendable, Encodable {
    var size: Int
    var groups: Int
    var window: Int
    var payload: Int
    var messages: Int
    var burst: Int
    var rounds: Int

    var mail: MailSetup {
        MailSetup(
            senders: groups, window: window, recipients: size, payload: payload, messages: messages, atOnce: 100)
    }
}
