package import NIOHTTP1
import RestanteCore
import RestanteWire

/// What a request for `/v1/connect` asks for, read from its head alone.
package struct ConnectRequest {
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
    package init(_ head: HTTPRequestHead) throws(RefusedRequest) {
        try UpgradeRules.check(head)
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        guard
            let token = BearerToken.inAuthorization(head.headers).map({ Token(text: $0, place: .authorizationHeader) })
                ?? Self.token(in: offered)
        else { throw RefusedRequest(.unauthorized) }
        self.token = token
        format = offered.lazy.compactMap { WireFormat(rawValue: String($0)) }.first
    }

    private static func token(in offered: [Substring]) -> Token? {
        let prefix = "bearer."
        let entries = offered.filter { $0.lowercased().hasPrefix(prefix) }
        guard entries.count == 1, let entry = entries.first else { return nil }
        return Token(text: entry.dropFirst(prefix.count), place: .subprotocol)
    }
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
