import AsyncHTTPClient
import NIOCore
public import RestanteCore

/// Wakes devices through Apple's push service
/// (https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns).
///
/// All requests of a team to an environment go over one HTTP/2 connection for as long as that has streams to give.
/// Teams have connections of their own: APNs takes the tokens of one on each.
public struct APNsSender: PushSender {
    public let provider = PushProvider.apns

    private struct Team {
        let topics: Set<String>
        let tokens: CredentialCache
        let client: SteadyClient
    }

    private let configuration: APNsConfiguration
    private let teams: [Team]
    private let ending = EndingClients()
    private let clock: any PushClock

    /// - Throws: ``PushError`` if a key cannot sign or a base address is none.
    public init(
        _ configuration: APNsConfiguration, http: PushHTTP = PushHTTP(), clock: any PushClock = SystemPushClock()
    ) throws(PushError) {
        try BaseAddress.check(configuration.production, "APNs' address")
        try BaseAddress.check(configuration.sandbox, "APNs' sandbox address")
        var tokens: [CredentialCache] = []
        for team in configuration.teams { tokens.append(try APNsToken.cache(team, clock: clock)) }
        // Nothing is thrown from here on: a client has to be closed.
        teams = zip(configuration.teams, tokens).map { [ending] team, tokens in
            // Apple asks for connections that are kept.
            let client = SteadyClient(http: http, clock: clock, ending: ending) {
                http.makeClient(idleTimeout: .minutes(15))
            }
            return Team(topics: team.topics, tokens: tokens, client: client)
        }
        self.configuration = configuration
        self.clock = clock
    }

    public func send(_ wake: Wake) async -> PushAnswer {
        guard case .apns(let token, let topic, let sandbox) = wake.target,
            APNsRequest.isGood(token: token, topic: topic)
        else { return .refused(reason: "no device token and topic of APNs") }
        guard let team = team(for: topic) else { return .refused(reason: "no team with this topic is configured") }
        let request = APNsRequest(
            base: sandbox ? configuration.sandbox : configuration.production, token: token, topic: topic,
            style: style(of: wake), wake: wake)
        do {
            let credential = try await team.tokens.value()
            let reply = await exchange(request, credential, team)
            guard reply.isExpiredToken else { return answer(reply, to: wake) }
            guard let other = try await team.tokens.value(insteadOf: credential) else { return answer(reply, to: wake) }
            return answer(await exchange(request, other, team), to: wake)
        } catch {
            return error.answer
        }
    }

    public func shutdown() async {
        for team in teams { team.client.end() }
        await ending.wait()
    }

    /// A text can only be shown by an alert.
    private func style(of wake: Wake) -> APNsConfiguration.Style {
        if let text = wake.text { return .alert(text) }
        return wake.urgency == .urgent ? configuration.urgent : configuration.normal
    }

    private func team(for topic: String) -> Team? {
        teams.first { $0.topics.contains(topic) } ?? teams.first { $0.topics.isEmpty }
    }

    private func exchange(_ request: APNsRequest, _ credential: String, _ team: Team) async -> APNsReply {
        APNsReply(await team.client.exchange(request.http(bearer: credential)), now: clock.wall)
    }

    private func answer(_ reply: APNsReply, to wake: Wake) -> PushAnswer {
        reply.answer(registeredAt: wake.registeredAt)
    }
}
