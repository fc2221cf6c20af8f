package import Crypto
import Foundation
import NIOConcurrencyHelpers
package import RestantePush

/// What Apple's server checks, and says
/// (https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns).
package final class APNsRules: Sendable {
    package let key = P256.Signing.PrivateKey()
    package let team = "TEAM123456"
    package let keyID = "KEY1234567"
    package let topics = ["org.example.app"]
    private let clock: any PushClock
    private let tokens = NIOLockedValueBox<[String]>([])

    package init(clock: any PushClock) { self.clock = clock }

    /// The provider tokens that were presented, each once.
    package var presented: [String] { tokens.withLockedValue { $0 } }

    /// Nil: the notification is taken.
    package func objection(to request: ReceivedRequest) throws -> ServerReply? {
        try path(request) ?? authorization(request) ?? headers(request) ?? body(request)
    }

    package func reply(_ request: ReceivedRequest) throws -> ServerReply { try objection(to: request) ?? .answer(200) }

    package static func refusal(_ status: Int, _ reason: String, timestamp: Int64? = nil) -> ServerReply {
        .answer(status, [], #"{"reason":"\#(reason)"\#(timestamp.map { #","timestamp":\#($0)"# } ?? "")}"#)
    }

    private func path(_ request: ReceivedRequest) throws -> ServerReply? {
        guard request.method == "POST" else { return Self.refusal(405, "MethodNotAllowed") }
        let token = request.path.dropFirst("/3/device/".count)
        guard request.path.hasPrefix("/3/device/"), !token.isEmpty else { return Self.refusal(404, "BadPath") }
        guard token.count == 64, token.allSatisfy(\.isHexDigit) else { return Self.refusal(400, "BadDeviceToken") }
        return nil
    }

    private func authorization(_ request: ReceivedRequest) throws -> ServerReply? {
        guard let value = request["authorization"], value.hasPrefix("bearer ") else {
            return Self.refusal(403, "MissingProviderToken")
        }
        let text = String(value.dropFirst("bearer ".count))
        guard let token = SignedToken(text), token.header["alg"] as? String == "ES256",
            token.header["kid"] as? String == keyID, token.claims["iss"] as? String == team,
            let issued = token[seconds: "iat"],
            key.publicKey.isValidSignature(try .init(rawRepresentation: token.signature), for: token.signed)
        else { return Self.refusal(403, "InvalidProviderToken") }
        tokens.withLockedValue { if !$0.contains(text) { $0.append(text) } }
        let now = clock.wall / 1000
        guard issued <= now, now - issued <= 3600 else { return Self.refusal(403, "ExpiredProviderToken") }
        return nil
    }

    private func headers(_ request: ReceivedRequest) -> ServerReply? {
        guard let topic = request["apns-topic"] else { return Self.refusal(400, "MissingTopic") }
        guard topics.contains(topic) else { return Self.refusal(400, "TopicDisallowed") }
        let type = request["apns-push-type"]
        guard type == "alert" || type == "background" else { return Self.refusal(400, "InvalidPushType") }
        let priorities = type == "background" ? ["5"] : ["1", "5", "10"]
        guard priorities.contains(request["apns-priority"] ?? "") else { return Self.refusal(400, "BadPriority") }
        guard Int64(request["apns-expiration"] ?? "") != nil else { return Self.refusal(400, "BadExpirationDate") }
        guard (request["apns-collapse-id"] ?? "").utf8.count <= 64 else { return Self.refusal(400, "BadCollapseId") }
        return nil
    }

    private func body(_ request: ReceivedRequest) throws -> ServerReply? {
        guard !request.body.isEmpty else { return Self.refusal(400, "PayloadEmpty") }
        guard request.body.count <= 4096 else { return Self.refusal(413, "PayloadTooLarge") }
        guard (try? JSONSerialization.jsonObject(with: Data(request.body))) is [String: [String: Any]] else {
            return Self.refusal(400, "PayloadEmpty")
        }
        return nil
    }
}
