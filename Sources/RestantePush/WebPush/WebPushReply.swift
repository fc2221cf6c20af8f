/// What a push service's answer means (RFC 8030 §5, RFC 8292 §4).
enum WebPushReply {
    static func answer(_ exchange: Exchange, now: Int64) -> PushAnswer {
        switch exchange {
        case .failed(let text): .retry(after: nil, reason: text)
        case .answered(let response): answer(response, now: now)
        }
    }

    private static func answer(_ response: PushResponse, now: Int64) -> PushAnswer {
        let status = response.status
        return switch status {
        case 200..<300: .taken
        case 404, 410: .unregistered
        case 408, 429, 500...: .retry(after: RetryAfter.duration(in: response.headers, now: now), reason: "\(status)")
        // No alarm: any client can name a server that says so of us.
        case 401, 403: .refused(reason: "\(status): was the subscription made with this server's public key?")
        case 413: .refused(reason: "413: the push is too large")
        case 300..<400: .refused(reason: "\(status): redirects are not followed")
        default: .refused(reason: "\(status)")
        }
    }
}
