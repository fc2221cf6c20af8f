import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import RestanteCore

/// One notification, as APNs wants it
/// (https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns).
struct APNsRequest {
    /// Of two that have not been shown yet, the device shows the later one.
    static let collapseID = "restante"

    var base: String
    var token: String
    var topic: String
    var style: APNsConfiguration.Style
    var wake: Wake

    /// Whether an app's token and topic can be part of a request: hexadecimal, and a bundle id.
    static func isGood(token: String, topic: String) -> Bool {
        (2...200).contains(token.utf8.count) && token.utf8.count.isMultiple(of: 2)
            && token.allSatisfy { $0.isASCII && $0.isHexDigit } && (1...255).contains(topic.utf8.count)
            && topic.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
    }

    func http(bearer: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "\(base)/3/device/\(token)")
        request.method = .POST
        request.headers = [
            "authorization": "bearer \(bearer)",
            "apns-topic": topic,
            "apns-push-type": style == .background ? "background" : "alert",
            "apns-priority": isPrompt ? "10" : "5",
            // 0 would mean: now or never.
            "apns-expiration": "\(max(1, wake.deadline / 1000))",
            "apns-collapse-id": Self.collapseID,
            "content-type": "application/json",
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }

    /// 10 is forbidden for a notification that shows nothing.
    private var isPrompt: Bool { wake.urgency == .urgent && style != .background }

    var body: [UInt8] {
        let aps =
            switch style {
            case .alert(let text): Aps(alert: .init(body: text), mutableContent: 1)
            case .background: Aps(contentAvailable: 1)
            }
        return PushJSON.bytes(["aps": aps])
    }

    private struct Aps: Encodable {
        struct Alert: Encodable {
            var body: String
        }

        var alert: Alert?
        var contentAvailable: Int?
        var mutableContent: Int?

        enum CodingKeys: String, CodingKey {
            case alert
            case contentAvailable = "content-available"
            case mutableContent = "mutable-content"
        }
    }
}
