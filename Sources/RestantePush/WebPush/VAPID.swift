import FoundationEssentials
import JWTKit

/// Whom push services turn to: `sub` of a VAPID token (RFC 8292 §2.1).
package enum VAPIDContact {
    /// - Throws: ``PushError`` unless it is `mailto:` with an address or `https://` with a host, as a URL is written.
    package static func check(_ text: String) throws(PushError) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !text.contains { "\"'<>\\`".contains($0) }
        guard isPlain, isAddress(text) || isPage(text) else {
            throw PushError(
                "the contact of Web Push must be like mailto:admin@example.org or https://example.org/contact, for push"
                    + " services to find you; no spaces and quotes")
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.dropFirst("mailto:".count).split(separator: "@", omittingEmptySubsequences: false)
        return text.hasPrefix("mailto:") && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    }

    private static func isPage(_ text: String) -> Bool {
        guard let url = URL(string: text), url.scheme == "https", let host = url.host() else { return false }
        return !host.isEmpty
    }
}

/// Shows push services who we are (RFC 8292).
actor VAPID {
    /// Seconds that a token is good for; at most a day (RFC 8292 §2).
    static let lifetime: Int64 = 12 * 3600
    /// Most origins that tokens are kept for.
    static let maximumOrigins = 1024

    private struct Claims: JWTPayload {
        var aud: String
        var exp: Int64
        var sub: String

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private let key: PushKey
    private let signer: ES256PrivateKey
    private let contact: String
    private let clock: any PushClock
    private var tokens: [String: CredentialCache] = [:]

    /// - Parameter contact: `mailto:` or `https:`, where a push service finds who runs this server.
    init(key: PushKey, contact: String, clock: any PushClock) throws(PushError) {
        try VAPIDContact.check(contact)
        self.key = key
        signer = try key.signer
        self.contact = contact
        self.clock = clock
    }

    /// The value of `Authorization` for an origin.
    func authorization(for origin: String) async throws(CredentialTrouble) -> String {
        if let cache = tokens[origin] { return try await cache.value() }
        if tokens.count >= Self.maximumOrigins { tokens = [:] }
        let cache = CredentialCache(clock: clock, minimumAge: Self.lifetime) { [weak self] now in
            await self?.make(origin, now) ?? .failure(.unavailable(after: nil, reason: "shut down"))
        }
        tokens[origin] = cache
        return try await cache.value()
    }

    private func make(_ origin: String, _ now: Int64) async -> Result<Credential, CredentialTrouble> {
        let claims = Claims(aud: origin, exp: now + Self.lifetime, sub: contact)
        guard let token = try? await JWTKeyCollection().add(ecdsa: signer).sign(claims) else {
            return .failure(.refused(reason: "the VAPID key cannot sign"))
        }
        return .success(
            Credential(value: "vapid t=\(token), k=\(key.publicKey)", madeAt: now, renewAt: now + Self.lifetime / 2))
    }
}
