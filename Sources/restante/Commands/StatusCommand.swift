import ArgumentParser
import RestanteCore

/// Is it up, how much is waiting, and what became of one message.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the server is up and how much is waiting, or what became of a message.",
        discussion: """
            Without a message it asks on the operators' socket beside the database; with one, over the wire, as the device \
            that sent it.

              restante status
              restante status 0199…  --as alice/laptop
            """)

    @OptionGroup var options: ClientOptions
    @OptionGroup var socket: OperatorsSocketOption
    @Argument(help: "The id of a message that --as has sent.")
    var message: String?

    func run() async throws {
        if let message { try await show(message) } else { try await showOverview() }
    }

    private func showOverview() async throws {
        let overview = try await OperatorsClient(socket.path(database: options.database))
            .get("/v1/overview", as: OverviewBody.self)
        print("up; schema version \(overview.schemaVersion), \(overview.databaseBytes) bytes of database")
        if let held = overview.clockHeld { print("clock      \(held)") }
        print("held       \(overview.messages) messages, waiting or about to be forgotten")
        print("connected  \(overview.sessions) of \(overview.devices) devices")
        print("users      \(overview.users), groups \(overview.groups)")
    }

    private func show(_ text: String) async throws {
        guard let id = MessageID(text) else {
            throw CommandFailure(.usage, "a message id is a UUID, as `restante send` printed it")
        }
        guard case .status(let status) = try await ask(.status(id), options) else {
            preconditionFailure("another answer than was asked for")
        }
        print("accepted at \(timeText(status.acceptedAt))\(status.cancelled ? "; cancelled" : "")")
        for entry in status.devices { print("\(entry.device.description.printable)\t\(entry.state.name)") }
    }
}

/// Withdraws a message.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Withdraw a message that nobody has received yet.",
        discussion: "  restante cancel 0199… --as alice/laptop")

    @OptionGroup var options: ClientOptions
    @Argument(help: "The id of a message that --as has sent.")
    var message: String

    func run() async throws {
        guard let id = MessageID(message) else {
            throw CommandFailure(.usage, "a message id is a UUID, as `restante send` printed it")
        }
        _ = try await ask(.cancel(id), options)
        print("cancelled")
    }
}
