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
            let code = response.status == 200 ? nil : Self.code(response.body)
            answer = Self.answer(response, code, RetryAfter.duration(in: response.headers, now: now))
            isUnauthenticated = response.status == 401 && code != "THIRD_PARTY_AUTH_ERROR"
        }
    }

    private static func answer(_ response: PushResponse, _ code: String?, _ after: Duration?) -> PushAnswer {
        let text = known.contains(code ?? "") ? "\(response.status) \(code ?? "")" : "\(response.status)"
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

    private static let known: Set = [
        "UNREGISTERED", "SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR", "QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL",
        "INVALID_ARGUMENT",
    ]

    private struct Body: Decodable {
        struct Detail: Decodable {
            var errorCode: String?
        }

        struct Fault: Decodable {
            var details: [Detail]?
        }

        var error: Fault
    }

    /// FCM's own code, which stands among the details; the status beside it is coarser.
    private static func code(_ body: [UInt8]) -> String? {
        let body = try? JSONDecoder().decode(Body.self, from: Data(body))
        return body?.error.details?.lazy.compactMap(\.errorCode).first
    }
}
