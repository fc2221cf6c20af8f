import ArgumentParser

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

    func validate() throws {
        guard options.server.url == nil else {
            throw ValidationError(
                "only a server that was started here can be asked whether it has forgotten everything")
        }
    }

    func run() async throws {
        try await MailRun.measure("life", options.setup, until: .swept, options.server)
    }
}
