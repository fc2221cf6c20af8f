import FoundationEssentials
import NIOHTTP1

/// What APNs said to a notification, or that it said nothing.
struct APNsReply {
    private enum Kind {
        case taken
        /// `timestamp` is the last time at which APNs knew that the token was gone, in milliseconds since the epoch,
        /// UTC.
        case refused(status: UInt, APNsReason?, timestamp: Int64?)
        case nothing(String)
    }

    private struct Body: Decodable {
        var reason: String
        var timestamp: Int64?
    }

    private let kind: Kind
    private let after: Duration?

    init(_ exchange: Exchange, now: Int64) {
        switch exchange {
        case .failed(let text):
            kind = .nothing(text)
            after = nil
        case .answered(let response) where response.status == 200:
            kind = .taken
            after = nil
        case .answered(let response):
            let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
            kind = .refused(
                status: response.status, body.flatMap { APNsReason(rawValue: $0.reason) }, timestamp: body?.timestamp)
            after = RetryAfter.duration(in: response.headers, now: now)
        }
    }

    /// Whether another provider token may help.
    var isExpiredToken: Bool {
        if case .refused(_, .expiredProviderToken, _) = kind { true } else { false }
    }

    func answer(registeredAt: Int64) -> PushAnswer {
        switch kind {
        case .taken: .taken
        case .nothing(let text): .retry(after: nil, reason: text)
        case .refused(let status, let reason?, let timestamp):
            answer(reason, "\(status) \(reason.rawValue)", isLater: (timestamp ?? .min) > registeredAt)
        case .refused(let status, nil, _): answer(status)
        }
    }

    private func answer(_ reason: APNsReason, _ text: String, isLater: Bool) -> PushAnswer {
        switch reason.verdict {
        case .gone: isLater ? .unregistered : .refused(reason: "\(text), of before it was registered")
        case .refused: .refused(reason: text)
        case .alarm: .refused(reason: text, alarm: .credentials)
        case .later: .retry(after: after, reason: text, of: reason == .tooManyRequests ? .target : .all)
        }
    }

    /// Of an answer whose reason is none of the list: a new one, or a proxy's.
    private func answer(_ status: UInt) -> PushAnswer {
        switch status {
        case 408, 429, 500...: .retry(after: after, reason: "\(status)")
        case 401, 403: .refused(reason: "\(status)", alarm: .credentials)
        default: .refused(reason: "\(status)")
        }
    }
}
