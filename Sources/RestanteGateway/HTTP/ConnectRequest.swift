import NIOHTTP1
import RestanteCore
import RestanteWire

/// What a request for `/v1/connect` asks for, read from its head alone.
struct ConnectRequest {
    static let path = "/v1/connect"

    /// Where the token came from decides how a refusal is told: browsers cannot see a status.
    enum TokenPlace: Sendable {
        case authorizationHeader
        case subprotocol
    }

    /// A token and its place; not printable, so that it comes into no log.
    struct Token {
        var text: Substring
        var place: TokenPlace
    }

    var token: Token
    /// The first of the client's subprotocols that we speak; nil if there is none.
    var format: WireFormat?

    /// - Throws: the response that refuses the request.
    init(_ head: HTTPRequestHead) throws(RefusedRequest) {
        guard head.method == .GET else { throw RefusedRequest(.methodNotAllowed("GET")) }
        try Self.checkUpgrade(head.headers)
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        guard
            let token = BearerToken.inAuthorization(head.headers).map({ Token(text: $0, place: .authorizationHeader) })
                ?? Self.token(in: offered)
        else { throw RefusedRequest(.unauthorized) }
        self.token = token
        format = offered.lazy.compactMap { WireFormat(rawValue: String($0)) }.first
    }

    /// RFC 6455 §4.2.1. A request that is no upgrade, or of another version, is told what would do (§4.4).
    private static func checkUpgrade(_ headers: HTTPHeaders) throws(RefusedRequest) {
        guard headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" })
        else {
            throw RefusedRequest(
                .error(
                    .upgradeRequired, .badRequest, "connect with a WebSocket client",
                    headers: ["upgrade": "websocket", "connection": "upgrade"]))
        }
        guard headers["sec-websocket-version"] == ["13"] else {
            throw RefusedRequest(
                .error(
                    .upgradeRequired, .badRequest, "the WebSocket version must be 13",
                    headers: ["sec-websocket-version": "13", "upgrade": "websocket", "connection": "upgrade"]))
        }
        let keys = headers["sec-websocket-key"]
        guard keys.count == 1, Base64URL.isBase64(keys[0], bytes: 16) else {
            throw RefusedRequest(.error(.badRequest, .badRequest, "Sec-WebSocket-Key must be 16 bytes in base64"))
        }
    }

    private static func token(in offered: [Substring]) -> Token? {
        let prefix = "bearer."
        let entries = offered.filter { $0.lowercased().hasPrefix(prefix) }
        guard entries.count == 1, let entry = entries.first else { return nil }
        return Token(text: entry.dropFirst(prefix.count), place: .subprotocol)
    }
}

/// A request that is answered with this.
struct RefusedRequest: Error {
    var answer: HTTPAnswer
    init(_ answer: HTTPAnswer) { self.answer = answer }
}

/// The token of an `Authorization` header (RFC 6750 §2.1).
enum BearerToken {
    static func inAuthorization(_ headers: HTTPHeaders) -> Substring? {
        let values = headers["authorization"]
        guard values.count == 1, let value = values.first else { return nil }
        let parts = value.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }
}
