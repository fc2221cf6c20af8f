import ArgumentParser

/// What happened to the wake-ups of a device, as the operator.
struct TracePush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show what happened to the wake-ups of a device of late, a line an event.",
        discussion: """
              restante push trace --user alice --device phone

            due: mail has come for it; sent: its provider is asked; answered: by the provider; ended: no more is done about it; \
            cancelled: it has connected before that; connected: it has come, for the first time since. Times are UTC. The server keeps the last \
            events in memory: what happened before its start is not there.
            """)
    @OptionGroup var server: OperatorsOptions
    @Option(help: "The user.") var user: String
    @Option(help: "The device.") var device: String

    func run() async throws {
        let path = "/v1/users/\(try pathPart(user, "user"))/devices/\(try pathPart(device, "device"))/wakes"
        let events = try await server.client.get(path, as: [WakeEventBody].self)
        guard !events.isEmpty else { return print("not woken since the server was started, or long ago") }
        for event in events { print("\(timeText(event.at))  \(event.text)") }
    }
}
