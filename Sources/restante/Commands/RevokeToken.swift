import ArgumentParser
import RestanteCore

/// Revokes tokens, as the operator.
struct RevokeToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Let tokens that were issued up to now count no more, as the operator of a running server.",
        discussion: """
              restante token revoke --user alice
              restante token revoke --user alice --device phone
              restante token revoke --service billing

            Connections that were opened with them are closed at once (4401, token_revoked); the devices and their mail stay, \
            and come back with a token that is issued later. A token has whole seconds: one of the same second counts as \
            revoked. To end a device for good, use `restante device unlink`.
            """)

    @OptionGroup var server: OperatorsOptions
    @Option(help: "The user, with all of its devices unless one is named.")
    var user: String?
    @Option(help: "One device of the user.")
    var device: String?
    @Option(help: "Instead: a service of the app's backend.")
    var service: String?

    func validate() throws {
        guard (user == nil) != (service == nil), device == nil || user != nil else {
            throw ValidationError("Name --user, --user and --device, or --service.")
        }
    }

    func run() async throws {
        _ = try await server.client.post(try target(), as: DoneBody.self)
        print("revoked")
    }

    private func target() throws -> String {
        if let service { return "/v1/services/\(try pathPart(service, "service"))/revoke" }
        let user = "/v1/users/\(try pathPart(user ?? "", "user"))"
        guard let device else { return user + "/revoke" }
        return user + "/devices/\(try pathPart(device, "device"))/revoke"
    }
}
