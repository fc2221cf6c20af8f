import RestanteCore
import RestanteMetrics

/// A status that the gateway may answer with.
struct HTTPStatusLabel: MetricLabel {
    private static let known: [UInt] = [
        200, 400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 421, 426, 429, 431, 500, 501, 503, 505, 507,
    ]

    static let texts = known.map(String.init) + ["other"]
    let index: Int

    init(_ status: UInt) { index = Self.known.firstIndex(of: status) ?? Self.known.count }
}

/// Where a plain HTTP request went.
enum HTTPRoute: Int, CaseIterable {
    case connect, messages, requests, healthz, readyz, other

    init(path: Substring) {
        self =
            switch path {
            case ConnectRequest.path: .connect
            case ServicePost.Endpoint.messages.rawValue[...]: .messages
            case ServicePost.Endpoint.requests.rawValue[...]: .requests
            case "/healthz": .healthz
            case "/readyz": .readyz
            default: .other
            }
    }
}

/// A WebSocket close code.
struct CloseCode: MetricLabel {
    private static let known: [UInt16] = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 4400, 4401, 4403, 4408, 4409,
    ]

    static let texts = known.map(String.init) + ["other", "none"]
    let index: Int

    /// - Parameter code: nil: there was none.
    init(_ code: UInt16?) {
        index = code.map { Self.known.firstIndex(of: $0) ?? Self.known.count } ?? Self.known.count + 1
    }
}

/// A code of `docs/ERRORS.md`.
struct ErrorCodeLabel: MetricLabel {
    static let texts = ErrorCode.allCases.map(\.name)
    private static let indices: [Int] = {
        var indices = [Int](repeating: 0, count: 1 + (ErrorCode.allCases.map(\.rawValue).max() ?? 0))
        for (index, code) in ErrorCode.allCases.enumerated() { indices[code.rawValue] = index }
        return indices
    }()

    let index: Int

    init(_ code: ErrorCode) { index = Self.indices[code.rawValue] }
}
