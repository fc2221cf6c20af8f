import FoundationEssentials
import NIOHTTP1

/// What FCM said to a message, or that it said nothing
/// (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode).
struct FCMReply {
    /// How long a device is left alone that FCM says is over a quota, if it does not say for how long.
    static let quotaPause: Duration = .seconds(60)

    let answer: PushAnswer
    /// Whether another access token may help.
    let isUnauthenticated: Bool

    init(_ exchange: Exchange, now: Int64) {
        switch exchange {
        case .failed(let text):
            answer = .retry(after: nil, reason: text)
            isUnauthenticated = false
        case .answered(let response):
            let fault = response.status == 200 ? nil : Self.fault(response.body)
            let code = fault?.code
            let after = RetryAfter.duration(in: response.headers, now: now)
            answer = Self.answer(response, code, fault?.status, after)
            isUnauthenticated = response.status == 401 && code != "THIRD_PARTY_AUTH_ERROR"
        }
    }

    private static func answer(
        _ response: PushResponse, _ code: String?, _ status: String?, _ after: Duration?
    ) -> PushAnswer {
        let text = text(response.status, code, status)
        return switch (response.status, code) {
        case (200, _): .taken
        case (_, "UNREGISTERED"): .unregistered
        case (_, "SENDER_ID_MISMATCH"): .refused(reason: text, alarm: .target)
        case (_, "THIRD_PARTY_AUTH_ERROR"): .refused(reason: text, alarm: .credentials)
        // Without a time it may be the quota of one device, which must not hold the project back.
        case (_, "QUOTA_EXCEEDED"), (429, _):
            .retry(after: after ?? quotaPause, reason: text, of: after == nil ? .target : .all)
        case (_, "UNAVAILABLE"), (_, "INTERNAL"), (408, _), (500..., _): .retry(after: after, reason: text)
        case (_, "INVALID_ARGUMENT"): .refused(reason: text)
        // A project that is not there, or an API that is switched off, speaks of no token.
        case (401, _), (403, _), (404, _): .refused(reason: text, alarm: .credentials)
        default: .refused(reason: text)
        }
    }

    /// With FCM's own code, or else with Google's coarser status, if it is one that says more than the number.
    private static func text(_ number: UInt, _ code: String?, _ status: String?) -> String {
        if let code, known.contains(code) { return "\(number) \(code)" }
        if let status, knownStatuses.contains(status) { return "\(number) \(status)" }
        return "\(number)"
    }

    private static let knownStatuses: Set = ["NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED"]

    private static let known: Set = [
        "UNREGISTERED", "SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR", "QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL",
        "INVALID_ARGUMENT",
    ]

    private struct Body: Decodable {
        struct Detail: Decodable {
            var errorCode: String?
        }

        struct Fault: Decodable {
            /// https://cloud.google.com/apis/design/errors#error_model
            var status: String?
            var details: [Detail]?

            /// FCM's own, which stands among the details.
            var code: String? { details?.lazy.compactMap(\.errorCode).first }
        }

        var error: Fault
    }

    private static func fault(_ body: [UInt8]) -> Body.Fault? {
        (try? JSONDecoder().decode(Body.self, from: Data(body)))?.error
    }
}
