import ArgumentParser
import Crypto
import RestanteCore

/// The keys that `send` and `listen` encrypt and decrypt with.
struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show and exchange the keys of `send` and `listen`.",
        discussion: """
            `listen` makes a pair for its user by itself. Between machines, carry the public key over:

              bob's:    restante key show bob
              alice's:  restante key add bob 'what it printed'

            They are in RESTANTE_HOME/keys (~/.restante/keys unless set). The encryption (HPKE, RFC 9180) shows that the \
            server needs no plaintext; it is no messenger's protocol.
            """,
        subcommands: [Make.self, Show.self, Add.self])

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user's pair if there is none.")
        @Argument(help: "The user.") var user: String

        func run() async throws { print(Keyring.text(try Keyring().makePair(of: name(user, "user")).publicKey)) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a user's public key.")
        @Argument(help: "The user.") var user: String

        func run() async throws {
            guard let key = try Keyring().publicKey(of: name(user, "user")) else {
                throw CommandFailure(.badData, "there is no key for \(user): `restante key make \(user)` makes a pair")
            }
            print(Keyring.text(key))
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep another user's public key.")
        @Argument(help: "The user.") var user: String
        @Argument(help: "What `restante key show` printed there.") var key: String

        func run() async throws {
            guard let key = Keyring.publicKey(from: key) else {
                throw CommandFailure(.badData, "that is no public key: it is 44 characters of base64")
            }
            try Keyring().add(key, of: name(user, "user"))
        }
    }
}
