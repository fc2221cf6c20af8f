package import Crypto
import Foundation
import RestanteCore
package import RestantePush

/// What a push service checks (RFC 8030, RFC 8292), and what the browser behind it can read (RFC 8291).
package struct WebPushRules: Sendable {
    package struct Broken: Error {
        package var rule: String
    }

    package let key = P256.Signing.PrivateKey()
    package let contact = "mailto:operator@example.org"
    package let clock: any PushClock

    package init(clock: any PushClock) { self.clock = clock }

    /// - Returns: what the token says of its end, in seconds since the epoch.
    @discardableResult
    package func check(_ request: ReceivedRequest, origin: String) throws -> Int64 {
        guard request.method == "POST", request["content-encoding"] == "aes128gcm" else { throw Broken(rule: "form") }
        guard let ttl = Int64(request["ttl"] ?? ""), ttl >= 0 else { throw Broken(rule: "ttl") }
        guard ["very-low", "low", "normal", "high"].contains(request["urgency"]) else { throw Broken(rule: "urgency") }
        let topic = request["topic"] ?? ""
        guard (1...32).contains(topic.count), topic.allSatisfy({ $0.isASCII && ($0.isLetter || "-_".contains($0)) })
        else { throw Broken(rule: "topic") }
        guard request.body.count <= 4096 else { throw Broken(rule: "size") }
        return try checkToken(request, origin)
    }

    private func checkToken(_ request: ReceivedRequest, _ origin: String) throws -> Int64 {
        let parts = (request["authorization"] ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0] == "vapid" else { throw Broken(rule: "scheme") }
        var fields: [String: String] = [:]
        for field in parts[1].split(separator: ",") {
            let pair = field.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[pair[0].trimmingCharacters(in: .whitespaces)] = String(pair[1]) }
        }
        guard let token = SignedToken(fields["t"] ?? ""), let point = Base64URL.decode((fields["k"] ?? "").utf8) else {
            throw Broken(rule: "fields")
        }
        let presented = try P256.Signing.PublicKey(x963Representation: point)
        guard presented.rawRepresentation == key.publicKey.rawRepresentation, token.header["alg"] as? String == "ES256",
            token.header["typ"] as? String == "JWT",
            presented.isValidSignature(try .init(rawRepresentation: token.signature), for: token.signed)
        else { throw Broken(rule: "signature") }
        let now = clock.wall / 1000
        guard token.claims["aud"] as? String == origin, token.claims["sub"] as? String == contact,
            let end = token[seconds: "exp"], end > now, end <= now + 86_400
        else { throw Broken(rule: "claims") }
        return end
    }
}
