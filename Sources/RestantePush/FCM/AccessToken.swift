import AsyncHTTPClient
import FoundationEssentials
import JWTKit
import NIOCore
import NIOHTTP1

/// An access token of Google's, got for an assertion that the service account's key signs
/// (https://developers.google.com/identity/protocols/oauth2/service-account#httprest).
struct AccessToken: Sendable {
    /// What it allows.
    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    /// Seconds that the assertion is good for; at most an hour.
    private static let assertionLifetime: Int64 = 3600
    /// Another is fetched so many seconds before a token ends.
    private static let margin: Int64 = 300
    /// Most seconds that one is kept, whatever it says: Google's are good for an hour.
    private static let maximumLife: Int64 = 86_400
    /// Seconds between two that are fetched because one was refused.
    static let minimumAge: Int64 = 60

    let account: ServiceAccount
    let client: SteadyClient
    let clock: any PushClock

    func cache() -> CredentialCache {
        CredentialCache(clock: clock, minimumAge: Self.minimumAge) { now in await fetch(now) }
    }

    private struct Claims: JWTPayload {
        var iss: String
        var scope: String
        var aud: String
        var iat: Int64
        var exp: Int64

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private struct Answer: Decodable {
        var accessToken: String
        /// Seconds.
        var expiresIn: Int64

        private enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }

    private func fetch(_ now: Int64) async -> Result<Credential, CredentialTrouble> {
        let kid = JWKIdentifier(string: account.keyID)
        let keys = await JWTKeyCollection().add(rsa: account.key, digestAlgorithm: .sha256, kid: kid)
        let claims = Claims(
            iss: account.email, scope: Self.scope, aud: account.tokenURL, iat: now, exp: now + Self.assertionLifetime)
        guard let assertion = try? await keys.sign(claims, kid: kid) else {
            return .failure(.refused(reason: "the service account's key cannot sign"))
        }
        return result(await client.exchange(request(assertion)), now)
    }

    private func request(_ assertion: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: account.tokenURL)
        request.method = .POST
        request.headers = ["content-type": "application/x-www-form-urlencoded"]
        // An assertion's characters are none that a form encodes.
        let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(assertion)"
        request.body = .bytes(ByteBuffer(string: form))
        return request
    }

    private func result(_ exchange: Exchange, _ now: Int64) -> Result<Credential, CredentialTrouble> {
        switch exchange {
        case .failed(let text): return .failure(.unavailable(after: nil, reason: "no access token: \(text)"))
        case .answered(let response):
            guard response.status == 200 else { return .failure(trouble(response)) }
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
                return .failure(.unavailable(after: nil, reason: "no access token in the answer"))
            }
            let promised = min(max(1, answer.expiresIn), Self.maximumLife)
            let life = max(1, promised - min(Self.margin, promised / 2))
            return .success(Credential(value: answer.accessToken, madeAt: now, renewAt: now + life))
        }
    }

    private func trouble(_ response: PushResponse) -> CredentialTrouble {
        let status = response.status
        guard status < 500, status != 429, status != 408 else {
            let after = RetryAfter.duration(in: response.headers, now: clock.wall)
            return .unavailable(after: after, reason: "no access token: \(status)")
        }
        return .refused(reason: "no access token for the service account: \(status)")
    }
}
