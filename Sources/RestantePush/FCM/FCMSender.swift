import AsyncHTTPClient
import NIOCore
public import RestanteCore

/// Wakes devices through Firebase Cloud Messaging, HTTP v1
/// (https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send).
public struct FCMSender: PushSender {
    public let provider = PushProvider.fcm

    private let configuration: FCMConfiguration
    private let tokens: [String: CredentialCache]
    private let client: SteadyClient
    /// Of access tokens: their servers are others, whose troubles are their own.
    private let tokenClient: SteadyClient
    private let ending = EndingClients()
    private let clock: any PushClock

    /// - Throws: ``PushError`` if the address is none, or two accounts are for one project.
    public init(
        _ configuration: FCMConfiguration, http: PushHTTP = PushHTTP(), clock: any PushClock = SystemPushClock()
    ) throws(PushError) {
        try BaseAddress.check(configuration.address, "FCM's address")
        guard Set(configuration.accounts.map(\.project)).count == configuration.accounts.count else {
            throw PushError("two service accounts are for one Firebase project: leave out one")
        }
        let steady = { [ending] in
            SteadyClient(http: http, clock: clock, ending: ending) { http.makeClient(idleTimeout: .minutes(5)) }
        }
        client = steady()
        let tokenClient = steady()
        self.tokenClient = tokenClient
        tokens = Dictionary(
            uniqueKeysWithValues: configuration.accounts.map { account in
                (account.project, AccessToken(account: account, client: tokenClient, clock: clock).cache())
            })
        self.configuration = configuration
        self.clock = clock
    }

    public func send(_ wake: Wake) async -> PushAnswer { await ask(wake, validatesOnly: false) }

    public func check(_ wake: Wake) async -> PushAnswer? { await ask(wake, validatesOnly: true) }

    public func shutdown() async {
        for cache in tokens.values { await cache.shutdown() }
        client.end()
        tokenClient.end()
        await ending.wait()
    }

    private func ask(_ wake: Wake, validatesOnly: Bool) async -> PushAnswer {
        guard case .fcm(let token, let app) = wake.target, (1...4096).contains(token.utf8.count) else {
            return .refused(reason: "no registration token of FCM")
        }
        guard let tokens = tokens[app] else {
            return .refused(reason: "no service account of this Firebase project is configured")
        }
        let message = FCMMessage(token: token, wake: wake, validatesOnly: validatesOnly)
        do {
            let credential = try await tokens.value()
            let reply = await exchange(message, app, credential)
            guard reply.isUnauthenticated, let other = try await tokens.value(insteadOf: credential) else {
                return reply.answer
            }
            return await exchange(message, app, other).answer
        } catch {
            return error.answer
        }
    }

    private func exchange(_ message: FCMMessage, _ app: String, _ credential: String) async -> FCMReply {
        let request = message.http(base: configuration.address, project: app, bearer: credential, now: clock.wall)
        return FCMReply(await client.exchange(request), now: clock.wall)
    }
}
