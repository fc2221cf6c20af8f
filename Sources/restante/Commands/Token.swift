import ArgumentParser
import RestanteCore
import RestanteGateway

/// Tokens: made for trying things out, and revoked as the operator.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a token for trying things out, or revoke what was issued.",
        discussion: """
              restante token --user alice --device laptop
              restante token revoke --user alice
            """,
        subcommands: [MintToken.self, RevokeToken.self], defaultSubcommand: MintToken.self)
}

/// Mints tokens with the embedded key.
struct MintToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Make a token. `restante token` alone does the same.",
        discussion: """
            Signs with the key file that `restante serve` made beside its database, and prints the token alone. In \
            production the app's own backend makes the tokens, with keys that the server is given by --keys.

              restante token --user alice --device laptop
              curl -H "Authorization: Bearer $(restante token --service billing)" …/v1/messages
            """)

    @Option(help: "The user: the token's 'sub'.")
    var user: String?
    @Option(help: "The user's device.")
    var device: String?
    @Option(help: "Instead: a service of the app's backend, which holds no mailbox.")
    var service: String?
    @Option(help: "What the service may: 'service' (send), 'manage' (groups, devices and tokens of others), or both.")
    var scope = "service"
    @Option(help: "Seconds for which the token is good.")
    var lifetime: Int64 = 24 * 3600
    @Option(help: "The server's database; its key file is DATABASE.key.")
    var database = "restante.db"
    @Option(help: "The key file, if it is elsewhere.")
    var keyFile: String?

    private static let tenYears: Int64 = 10 * 365 * 24 * 3600

    func validate() throws {
        guard (service == nil) == (user != nil && device != nil), service == nil || (user == nil && device == nil)
        else {
            throw ValidationError("Name --user and --device, or --service.")
        }
        let words = scope.split(separator: " ").map(String.init)
        guard !words.isEmpty, words.allSatisfy({ TokenScopes($0).text == $0 && !$0.isEmpty }) else {
            throw ValidationError("A scope is 'service', 'manage', or 'service manage'.")
        }
        guard (1...Self.tenYears).contains(lifetime) else {
            throw ValidationError("A token is good for 1 to \(Self.tenYears) seconds.")
        }
    }

    func run() async throws {
        let mint = try TokenMint(
            keys: try await KeyFile.open(at: keyFile ?? ServeSettings.keyFile(besides: database)))
        if let service {
            let name: ServiceName = try name(service, "service")
            print(try mint.mint(name, scopes: TokenScopes(scope), lifetime: lifetime))
        } else {
            let address = DeviceAddress(
                user: try name(user ?? "", "user"), device: try name(device ?? "", "device"))
            print(try mint.mint(address, lifetime: lifetime))
        }
    }
}

/// A name from the command line.
func name<Checked: Name>(_ text: String, _ what: String) throws(CommandFailure) -> Checked {
    guard let name = Checked(rawValue: text) else {
        throw CommandFailure(.usage, "a \(what) is 1 to \(Limits.nameBytes) bytes of UTF-8")
    }
    return name
}
