import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import RestanteCore

/// One message of HTTP v1: data for the app, which shows it, and no collapse key, of which FCM keeps four a device
/// only.
struct FCMMessage {
    /// Seconds that FCM keeps a message at most: four weeks.
    static let maximumTTL: Int64 = 28 * 86_400

    var token: String
    var wake: Wake
    /// Google checks it and delivers it to nobody.
    var validatesOnly: Bool

    func http(base: String, project: String, bearer: String, now: Int64) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "\(base)/v1/projects/\(project)/messages:send")
        request.method = .POST
        request.headers = ["authorization": "Bearer \(bearer)", "content-type": "application/json"]
        request.body = .bytes(ByteBuffer(bytes: body(now: now)))
        return request
    }

    private func body(now: Int64) -> [UInt8] {
        let seconds = min(max(0, (wake.deadline - now) / 1000), Self.maximumTTL)
        let android = Body.Message.Android(priority: wake.urgency == .urgent ? "HIGH" : "NORMAL", ttl: "\(seconds)s")
        let body = Body(
            validateOnly: validatesOnly ? true : nil,
            message: Body.Message(token: token, data: wake.content, android: android))
        return PushJSON.bytes(body)
    }

    private struct Body: Encodable {
        struct Message: Encodable {
            struct Android: Encodable {
                var priority: String
                var ttl: String
            }

            var token: String
            var data: [String: String]
            var android: Android
        }

        var validateOnly: Bool?
        var message: Message

        private enum CodingKeys: String, CodingKey {
            case message
            case validateOnly = "validate_only"
        }
    }
}
