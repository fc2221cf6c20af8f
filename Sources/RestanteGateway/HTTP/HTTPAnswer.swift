import FoundationEssentials
package import NIOHTTP1
import RestanteCore

/// A whole HTTP response, small enough to be made at once.
package struct HTTPAnswer: Sendable, Equatable {
    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The connection ends after it, for instance because a body was not read.
    package var closes = false

    init(_ status: HTTPResponseStatus, type: String, body: [UInt8], headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
        self.body = body
        self.headers.replaceOrAdd(name: "content-type", value: type)
        self.headers.replaceOrAdd(name: "content-length", value: String(body.count))
    }

    static func text(_ status: HTTPResponseStatus, _ text: String) -> HTTPAnswer {
        HTTPAnswer(status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// An error that is not a message's own: JSON with code, name and reason.
    static func error(
        _ status: HTTPResponseStatus, code: Int, name: String, reason: String, headers: HTTPHeaders = [:]
    ) -> HTTPAnswer {
        let problem = Problem(code: code, name: name, reason: reason)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(problem)).map { [UInt8]($0) } ?? []
        return HTTPAnswer(status, type: "application/json", body: body, headers: headers)
    }

    static func error(_ status: HTTPResponseStatus, _ code: ErrorCode, _ reason: String, headers: HTTPHeaders = [:])
        -> HTTPAnswer
    {
        error(status, code: code.rawValue, name: code.name, reason: reason, headers: headers)
    }

    static func error(_ refusal: Refusal) -> HTTPAnswer {
        var headers = HTTPHeaders()
        if let seconds = refusal.retryAfter { headers.add(name: "retry-after", value: String(seconds)) }
        return error(refusal.code.httpStatus, refusal.code, refusal.reason, headers: headers)
    }

    /// The one answer to no token, a bad one, an expired one and one without the claims: nothing is revealed.
    static let unauthorized: HTTPAnswer = {
        var answer = error(
            .unauthorized, code: 4401, name: "unauthenticated", reason: "a valid token is needed",
            headers: ["www-authenticate": "Bearer"])
        answer.closes = true
        return answer
    }()

    /// The whole of a request was not there in time.
    static let tooSlow: HTTPAnswer = {
        var answer = error(.requestTimeout, .badRequest, "the request must be complete sooner")
        answer.closes = true
        return answer
    }()

    static func methodNotAllowed(_ allowed: String) -> HTTPAnswer {
        error(.methodNotAllowed, .badRequest, "the method must be \(allowed)", headers: ["allow": allowed])
    }

    package static let notFound = error(.notFound, .notFound, "there is nothing at this path")

    private struct Problem: Encodable {
        var code: Int
        var name: String
        var reason: String
    }
}

extension ErrorCode {
    /// The HTTP status that goes with the code.
    var httpStatus: HTTPResponseStatus {
        switch self {
        case .badRequest, .unknownRequest, .badTTL, .badName, .badID, .idTooOld: .badRequest
        case .tooLarge: .payloadTooLarge
        case .notFound, .noDevices: .notFound
        case .idConflict, .staleDevices, .staleGroup, .tooLate, .groupFull, .tooManyGroups, .tooManyBlocks,
            .groupExists:
            .conflict
        case .notAllowed, .deviceRevoked, .tooManyDevices: .forbidden
        case .invalidToken: .unauthorized
        case .mailboxFull, .rateLimited: .tooManyRequests
        case .storageFull: .insufficientStorage
        case .shuttingDown, .unavailable: .serviceUnavailable
        }
    }
}
