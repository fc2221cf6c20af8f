import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import RestanteCore

/// Wakes browsers, and phones with UnifiedPush, through the push service that each has chosen (RFC 8030).
///
/// An endpoint comes from a client: it is spoken to over https only, at an address that was checked, within limits of
/// size and time.
public struct WebPushSender: PushSender {
    public let provider = PushProvider.webPush

    /// A later push takes the place of one that has not been delivered yet (RFC 8030 §5.4).
    static let topic = "restante"

    private let vapid: VAPID
    private let hosts: CheckedHosts
    private let http: PushHTTP
    private let clock: any PushClock

    /// - Throws: ``PushError`` if the key cannot sign or the contact is none.
    public init(
        _ configuration: WebPushConfiguration, http: PushHTTP = PushHTTP(),
        resolver: any HostResolver = SystemHostResolver(), clock: any PushClock = SystemPushClock()
    ) throws(PushError) {
        vapid = try VAPID(key: configuration.key, contact: configuration.contact, clock: clock)
        hosts = CheckedHosts(http: http, policy: configuration.policy, resolver: resolver, clock: clock)
        self.http = http
        self.clock = clock
    }

    public func send(_ wake: Wake) async -> PushAnswer {
        guard case .webPush(let text, let key, let secret) = wake.target, let endpoint = WebPushEndpoint(text) else {
            return .refused(reason: "the endpoint is no https URL of a host, a port, a path and a query alone")
        }
        let message = PushJSON.bytes(wake.content)
        guard message.count <= MessageEncryption.maximumMessage else {
            return .refused(reason: "the text to show is too long")
        }
        let body: [UInt8]
        do {
            body = try MessageEncryption.encrypt(message, key: key, secret: secret)
        } catch {
            return .refused(reason: "the subscription's keys cannot be used")
        }
        do {
            let authorization = try await vapid.authorization(for: endpoint.origin)
            return await sendInTime(request(endpoint, wake, body, authorization), to: endpoint)
        } catch {
            return error.answer
        }
    }

    public func shutdown() async { await hosts.shutdown() }

    /// Within the time limit, that of the host's name server included.
    private func sendInTime(_ request: HTTPClientRequest, to endpoint: WebPushEndpoint) async -> PushAnswer {
        do {
            return try await withTimeLimit(http.timeLimit) { await send(request, to: endpoint) }
        } catch {
            return .retry(after: nil, reason: PushHTTP.text(of: error))
        }
    }

    private func send(_ request: HTTPClientRequest, to endpoint: WebPushEndpoint) async -> PushAnswer {
        do {
            let lease = try await hosts.lease(endpoint)
            let exchange = await http.exchange(request, by: lease.client)
            let answer = WebPushReply.answer(exchange, now: clock.wall)
            await hosts.give(back: lease, hasFailed: exchange.isFailed)
            return answer
        } catch {
            switch error {
            case .forbidden:
                return .refused(reason: "the endpoint's address is not public, and in no network that is allowed")
            case .unresolved: return .retry(after: nil, reason: "the endpoint's host has no address")
            case .crowded: return .retry(after: nil, reason: "too many connections are still being closed")
            }
        }
    }

    private func request(
        _ endpoint: WebPushEndpoint, _ wake: Wake, _ body: [UInt8], _ authorization: String
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers = [
            "authorization": authorization,
            "ttl": "\(max(0, (wake.deadline - clock.wall) / 1000))",
            "urgency": wake.urgency == .urgent ? "high" : "normal",
            "topic": Self.topic,
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }
}

extension Exchange {
    fileprivate var isFailed: Bool {
        if case .failed = self { true } else { false }
    }
}
