import ArgumentParser
import Crypto
import Foundation
import NIOCore
import RestanteClient
import RestanteCore
import RestantePush

/// Wake-ups: where a device is woken, and whether that works.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say where a device is woken when mail comes while it is away, and try it.",
        subcommands: [PushKeyCommand.self, RegisterPush.self, RemovePush.self, TestPush.self, TracePush.self])
}

/// Registers a target, as a device.
struct RegisterPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Say where this device is woken, instead of where it was until now.",
        discussion: """
              restante push register apns TOKEN --app org.example.chat --as alice/phone
              restante push register fcm TOKEN --app my-project --as alice/tablet
              restante push register webpush https://push.example.org/… --key BASE64URL --secret BASE64URL --as alice/laptop
            """)
    @OptionGroup var options: ClientOptions
    @Argument(help: "apns, fcm or webpush.") var provider: String
    @Argument(help: "The device token, the registration token, or the subscription's endpoint.") var token: String
    @Option(help: "APNs: the bundle id; FCM: the id of the Firebase project.") var app: String = ""
    @Flag(help: "APNs: of the development environment.") var sandbox = false
    // One in 64 begins with a dash.
    @Option(parsing: .unconditional, help: "Web Push: p256dh, in base64url.") var key: String = ""
    @Option(parsing: .unconditional, help: "Web Push: auth, in base64url.") var secret: String = ""

    @Option(help: "A text that is shown when the device is woken; the provider can read it. (default: none)")
    var placeholder: String?
    @Flag(help: "Show the label that the sender's client gave with the message, if it gave one, instead.")
    var labels = false

    func run() async throws {
        let request = Request.registerPush(try target(), display())
        _ = try await connected(options) { client in
            do {
                return try await client.request(request)
            } catch let refusal as Refusal where refusal.code == .unavailable && refusal.retryAfter == nil {
                // Not by asking again: the server has no such provider.
                throw CommandFailure(.configuration, "\(refusal.code.name): \(refusal.reason)")
            }
        }
        print("registered")
    }

    private func display() -> PushDisplay { PushDisplay(placeholder: placeholder, showsLabels: labels) }

    private func target() throws -> PushTarget {
        switch provider {
        case "apns": .apns(token: token, topic: app, sandbox: sandbox)
        case "fcm": .fcm(token: token, app: app)
        case "webpush": .webPush(endpoint: token, key: try bytes(key, "--key"), secret: try bytes(secret, "--secret"))
        default: throw ValidationError("The provider is apns, fcm or webpush.")
        }
    }

    private func bytes(_ text: String, _ flag: String) throws -> [UInt8] {
        guard !text.isEmpty, let data = Base64URL.decode(text.utf8) else {
            throw ValidationError("\(flag) must be base64url, as the browser's subscription has it.")
        }
        return [UInt8](data)
    }
}

/// Forgets the target, as a device.
struct RemovePush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Have this device woken no more.",
        discussion: "  restante push remove --as alice/phone")
    @OptionGroup var options: ClientOptions

    func run() async throws {
        _ = try await ask(.removePush, options)
        print("removed")
    }
}

/// Wakes a device now, as the operator.
struct TestPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Wake a device now, whatever waits for it, and say what the provider answers.",
        discussion: """
              restante push test --user alice --device phone

            The request is a real one, unless it is a dry run. It changes nothing in the store: what is due stays due. Ends with 0 if the \
            provider has taken it, with 75 if it may later, with 65 if it refuses the device's target or does not know it any more, and with \
            78 if it refuses the server's credentials or the server has no provider.
            """)
    @OptionGroup var server: OperatorsOptions
    @Option(help: "The user.") var user: String
    @Option(help: "The device.") var device: String
    @Flag(help: "Ask the provider without waking anybody. FCM alone has that.") var dryRun = false

    /// A request to a provider may take 20 seconds, and there may be four: for a token, for the device, and both again if the token is
    /// refused.
    private static let timeLimit: TimeAmount = .seconds(100)

    func run() async throws {
        let path = "/v1/users/\(try pathPart(user, "user"))/devices/\(try pathPart(device, "device"))/wake"
        let body = try await server.client.post(
            path + (dryRun ? "?dry_run=true" : ""), timeLimit: Self.timeLimit, as: WakeBody.self)
        print("\(body.provider)  \(body.answer)\(dryRun ? "  (dry run: nobody was woken)" : "")")
        if let failure = body.failure { throw failure }
    }
}

/// The server's key for Web Push.
struct PushKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the public half of a key for Web Push; the key is made if the file is not there.",
        discussion: """
              restante push key vapid.pem
              restante serve --push-web-push-key vapid.pem --push-web-push-subject mailto:admin@example.org

            What it prints is the applicationServerKey that apps subscribe with. Whoever changes the key loses all subscriptions.
            """)
    @Argument(help: "The file, in PEM.") var file: String

    func run() async throws {
        if !FileManager.default.fileExists(atPath: file) {
            let pem = Data(P256.Signing.PrivateKey().pemRepresentation.utf8 + [UInt8(ascii: "\n")])
            guard FileManager.default.createFile(atPath: file, contents: pem, attributes: [.posixPermissions: 0o600])
            else { throw CommandFailure(.cannotCreate, "cannot write \(file)") }
        }
        do {
            print(WebPushConfiguration(key: try PushKey(file: file), contact: "").publicKey)
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
    }
}
