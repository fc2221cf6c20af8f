import ArgumentParser
import RestanteCore

/// Blocks a user, as one of its readers.
struct Block: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Get no more messages of a user.",
        discussion: """
              restante block mallory --as alice/laptop

            For all of your devices. The sender cannot tell it from a recipient that is away. Groups go on as they are.
            """)
    @OptionGroup var options: ClientOptions
    @Argument(help: "The user.") var user: String

    func run() async throws {
        _ = try await ask(.block(try name(user, "user")), options)
        print("blocked")
    }
}

struct Unblock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Get messages of a user again; what was sent meanwhile does not come.",
        discussion: "  restante unblock mallory --as alice/laptop")
    @OptionGroup var options: ClientOptions
    @Argument(help: "The user.") var user: String

    func run() async throws {
        _ = try await ask(.unblock(try name(user, "user")), options)
        print("unblocked")
    }
}

struct Blocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the users that you have blocked.", discussion: "  restante blocks --as alice/laptop")
    @OptionGroup var options: ClientOptions

    func run() async throws {
        guard case .blocks(let users) = try await ask(.listBlocks, options) else {
            preconditionFailure("another answer than was asked for")
        }
        for user in users { print(user.rawValue.printable) }
    }
}
