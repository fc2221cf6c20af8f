import ArgumentParser
import Foundation
import RestanteClient
import RestanteCore

/// Sends one message and waits until the server has it.
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message, encrypted, and wait until the server has it durably.",
        discussion: """
            Prints the message's id and the time at which it was accepted. If the connection breaks it is sent again under \
            the same id, which is harmless. The text is encrypted to the keys of its readers (see `restante key`); \
            --plain sends it as it is.

              restante send --as alice/laptop --to bob 'See you at eight'
              restante send --as alice/laptop --to bob --device phone --file photo.jpg
              restante send --as alice/laptop --group book-club --urgent 'It is today!'
            """)

    @OptionGroup var options: ClientOptions
    @OptionGroup var recipient: RecipientOptions
    @Option(help: "Send this file's bytes; - is standard input.")
    var file: String?
    @Flag(help: "Send it as it is, for everyone to read who sees the database.")
    var plain = false
    @Option(help: "Seconds that it is worth keeping. (default: as long as the server keeps messages)")
    var ttl: Int?
    @Flag(help: "Wake the recipient at once.")
    var urgent = false
    @Flag(help: "Ask to be told when it has been received: `listen` as the same device shows it.")
    var receipt = false
    @Flag(help: "Only for who is connected now; stored nowhere.")
    var ephemeral = false
    @Option(
        help: "Shown where a device is woken for it whose app shows labels; the server and its provider can read it.")
    var label: String?
    @Option(help: "The message's id, a UUIDv7: send again what was sent before.")
    var id: String?
    @Argument(help: "The text.")
    var text: String?

    func validate() throws {
        guard (text == nil) != (file == nil) else { throw ValidationError("Give a text or --file.") }
        guard (ttl ?? 1) >= 1 else { throw ValidationError("--ttl is at least one second.") }
        if let id, MessageID(id)?.isVersion7 != true { throw ValidationError("--id is a UUID of version 7.") }
    }

    func run() async throws {
        let recipient = try recipient.recipient()
        let content = try content()
        let id = id.flatMap { MessageID($0) } ?? MessageID(at: Int64(Date().timeIntervalSince1970 * 1000))
        let answer = try await connected(options) { client in
            let readers = plain ? nil : try await Readers(of: recipient, asking: client)
            let payload = try readers?.seal(content) ?? content
            let submission = Submission(
                id: id, to: recipient, content: .payload(Array(payload)), timeToLive: ttl,
                urgency: urgent ? .urgent : .normal, ephemeral: ephemeral, receipt: receipt,
                groupVersion: readers?.groupVersion, label: label)
            do {
                return try await client.send(submission)
            } catch let error as ClientError {
                throw CommandFailure(
                    .tryAgain, "\(error.message); whether it was accepted is unknown: send it again with --id \(id)")
            }
        }
        switch answer {
        case .accepted(let at, let duplicate):
            print("accepted \(id) at \(timeText(at))\(duplicate ? " (it was there already)" : "")")
        case .relayed: print("relayed \(id)")
        }
    }

    private func content() throws(CommandFailure) -> Data {
        guard let file else { return Data((text ?? "").utf8) }
        do {
            if file == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
            return try Data(contentsOf: URL(filePath: file))
        } catch {
            throw CommandFailure(.inputOutput, "cannot read \(file): \(error.localizedDescription)")
        }
    }
}

/// Whom a message is for.
struct RecipientOptions: ParsableArguments {
    @Option(help: "The user that it is for: all of its devices get it.")
    var to: String?
    @Option(help: "With --to: this device alone.")
    var device: String?
    @Option(help: "Instead: the group that it is for.")
    var group: String?

    func validate() throws {
        guard (to == nil) != (group == nil), to != nil || device == nil else {
            throw ValidationError("Say whom it is for: --to USER, --to USER --device DEVICE, or --group GROUP.")
        }
    }

    func recipient() throws(CommandFailure) -> Recipient {
        if let group { return .group(try name(group, "group")) }
        let user: UserName = try name(to ?? "", "user")
        guard let device else { return .user(user) }
        return .device(DeviceAddress(user: user, device: try name(device, "device")))
    }
}

/// The users that will read a message, and their keys.
private struct Readers {
    var users: [UserName]
    /// The group's version for which `users` is right.
    var groupVersion: Int64?

    init(of recipient: Recipient, asking client: RestanteClient) async throws {
        switch recipient {
        case .user(let user): users = [user]
        case .device(let address): users = [address.user]
        case .group(let group):
            guard case .group(let info) = try await client.request(.groupInfo(group)) else { preconditionFailure() }
            users = info.members.map(\.user)
            groupVersion = info.version
            // The sender's other devices read it, too.
            if let own = await ownUser(of: client) { _ = try Keyring().makePair(of: own) }
        }
    }

    private func ownUser(of client: RestanteClient) async -> UserName? {
        for await case .welcome(let welcome) in client.events { return welcome.address.user }
        return nil
    }

    func seal(_ content: Data) throws -> Data {
        let keyring = Keyring()
        let keys = try users.map { user throws(CommandFailure) in
            guard let key = try keyring.publicKey(of: user) else {
                throw CommandFailure(
                    .badData,
                    """
                    there is no key for \(user) in \(keyring.directory): add the one that `restante key show` prints \
                    where \(user) listens, with `restante key add`, or send with --plain
                    """)
            }
            return key
        }
        return try Envelope.seal(content, to: keys)
    }
}

/// Milliseconds since the epoch as people read them.
func timeText(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        .formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
}
