import AsyncHTTPClient
import NIOCore
public import RestanteCore

/// Wakes devices through Apple's push service
/// (https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns).
///
/// All requests of an environment go over one HTTP/2 connection for as long as that has streams to give.
public struct APNsSender: PushSender {
    public let provider = PushProvider.apns

    private let configuration: APNsConfiguration
    private let teams: [(topics: Set<String>, tokens: CredentialCache)]
    private let http: PushHTTP
    private let client: HTTPClient
    private let clock: any PushClock

    /// - Throws: ``PushError`` if a key cannot sign or a base address is none.
    public init(
        _ configuration: APNsConfiguration, http: PushHTTP = PushHTTP(), clock: any PushClock = SystemPushClock()
    ) throws(PushError) {
        try BaseAddress.check(configuration.production, "APNs' address")
        try BaseAddress.check(configuration.sandbox, "APNs' sandbox address")
        var teams: [(Set<String>, CredentialCache)] = []
        for team in configuration.teams { teams.append((team.topics, try APNsToken.cache(team, clock: clock))) }
        self.teams = teams
        self.configuration = configuration
        self.http = http
        self.clock = clock
        // Apple asks for connections that are kept.
        client = http.makeClient(idleTimeout: .minutes(15))
    }

    public func send(_ wake: Wake) async -> PushAnswer {
        guard case .apns(let token, let topic, let sandbox) = wake.target,
            APNsRequest.isGood(token: token, topic: topic)
        else { return .refused(reason: "no device token and topic of APNs") }
        guard let tokens = tokens(for: topic) else { return .refused(reason: "no team with this topic is configured") }
        let request = APNsRequest(
            base: sandbox ? configuration.sandbox : configuration.production, token: token, topic: topic,
            style: style(of: wake), wake: wake)
        do {
            let credential = try await tokens.value()
            let reply = await exchange(request, credential)
            guard reply.isExpiredToken else { return answer(reply, to: wake) }
            guard let other = try await tokens.value(insteadOf: credential) else { return answer(reply, to: wake) }
            return answer(await exchange(request, other), to: wake)
        } catch {
            return error.answer
        }
    }

    public func shutdown() async { try? await client.shutdown() }

    /// A text can only be shown by an alert.
    private func style(of wake: Wake) -> APNsConfiguration.Style {
        if let text = wake.text { return .alert(text) }
        return wake.urgency == .urgent ? configuration.urgent : configuration.normal
    }

    private func tokens(for topic: String) -> CredentialCache? {
        (teams.first { $0.topics.contains(topic) } ?? teams.first { $0.topics.isEmpty })?.tokens
    }

    private func exchange(_ request: APNsRequest, _ credential: String) async -> APNsReply {
        APNsReply(await http.exchange(request.http(bearer: credential), by: client), now: clock.wall)
    }

    private func answer(_ reply: APNsReply, to wake: Wake) -> PushAnswer {
        reply.answer(registeredAt: wake.registeredAt)
    }
}
