import Crypto
import Foundation
import PushServers
import RestanteCore
import RestantePush
import Testing

/// The built server, and a push service that it may reach.
struct PushedServer {
    static let path = "/wpush/v2/secret-of-bob"
    static let bob = UserName(unchecked: "bob")

    let server: ServerProcess
    let service: PushServer
    let rules: WebPushRules
    let subscription = Subscription()

    static func with(
        _ flags: String..., script: @escaping PushServer.Script = { _, _ in .answer(201) },
        body: (PushedServer) async throws -> Void
    ) async throws {
        let rules = WebPushRules(clock: SystemPushClock())
        try await with(
            script: script,
            flags: { home, _ in
                let key = home.file("vapid.pem")
                try Data(rules.key.pemRepresentation.utf8).write(to: URL(filePath: key))
                return [
                    "--push-web-push-key", key, "--push-web-push-subject", rules.contact, "--push-web-push-networks",
                    "127.0.0.0/8,::1/128",
                ] + flags
            },
            body: { try await body(PushedServer(server: $0, service: $1, rules: rules)) })
    }

    /// The same with servers that check what Google's do.
    ///
    /// - Parameter reply: what a request is answered instead; nil: as the rules say.
    static func withFCM(
        _ reply: @escaping @Sendable (ReceivedRequest) -> ServerReply? = { _ in nil },
        body: (ServerProcess, PushServer) async throws -> Void
    ) async throws {
        let rules = FCMRules(clock: SystemPushClock())
        try await with(
            script: { request, _ in try reply(request) ?? rules.reply(request) },
            flags: { home, service in
                let account = home.file("account.json")
                try rules.accountFile(tokenURL: service.base + "/token").write(to: URL(filePath: account))
                return ["--push-fcm-account", account, "--push-fcm-url", service.base]
            },
            body: body)
    }

    /// - Parameter flags: those with which the server speaks to the service as its provider.
    static func with(
        script: @escaping PushServer.Script, flags: (Home, PushServer) throws -> [String],
        body: (ServerProcess, PushServer) async throws -> Void
    ) async throws {
        try await PushServer.run(script) { service in
            try await Home.with { home in
                let always = ["--push-authorities", service.trustRoots, "--push-after-close", "1"]
                let server = try await ServerProcess(home, always + flags(home, service))
                do {
                    try await body(server, service)
                    try await server.kill()
                } catch {
                    server.program.signal(SIGKILL)
                    throw error
                }
            }
        }
    }

    /// Bob registers where he is woken, and goes.
    func registerBob(_ flags: String...) async throws { try await register("bob/phone", at: Self.path, flags) }

    func register(_ device: String, at path: String, _ flags: [String] = []) async throws {
        let subscribed = [
            "push", "register", "webpush", service.base + path, "--key", Base64URL.encode(Data(subscription.key)),
            "--secret",
            Base64URL.encode(Data(subscription.secret)),
        ]
        let done = try await server.restante(subscribed + flags, as: device)
        #expect(done.status == 0 && done.output == "registered\n", "\(done)")
    }

    /// `restante push test` of Bob's phone.
    func test(_ flags: String...) async throws -> Command { try await server.testPush(flags) }

    func targets() async throws -> String {
        try await server.home.sqlite3("SELECT count(*) FROM push_targets").output.trimmingCharacters(in: .newlines)
    }

    /// How many devices a provider has taken a wake-up for.
    func marks() async throws -> String {
        try await server.home.sqlite3("SELECT count(*) FROM push_targets WHERE woken_through > 0").output
            .trimmingCharacters(in: .newlines)
    }
}

extension ServerProcess {
    /// `restante push test` of Bob's phone.
    func testPush(_ flags: [String] = []) async throws -> Command {
        try await Command.run(
            Products.restante,
            ["push", "test", "--user", "bob", "--device", "phone", "--database", home.database] + flags, in: home)
    }

    /// An operator's request, by its method and path.
    func operate(_ method: String, _ path: String) async throws -> Command {
        let socket = ["-sS", "-X", method, "--unix-socket", home.database + ".sock", "http://restante\(path)"]
        return try await Command.run("/usr/bin/curl", socket, in: home)
    }
}
