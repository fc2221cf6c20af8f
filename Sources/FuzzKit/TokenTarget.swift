import Crypto
import FoundationEssentials
import RestanteCore
import RestanteGateway
import Synchronization

/// The verifier. Nobody has the key but this target, so what it did not sign must be refused.
enum TokenTarget {
    private static let secret = [UInt8](repeating: 7, count: 32)
    private static let now: Int64 = 1_800_000_000
    private static let verifier = Mutex<TokenVerifier?>(nil)

    static func prepare() async throws {
        let set = #"{"keys": [{"kty": "oct", "kid": "k", "k": "\#(Base64URL.encode(Data(secret)))"}]}"#
        let keys = try await KeySet(jwks: Data(set.utf8), name: "the fuzzer's keys")
        let made = TokenVerifier(keys: keys, audience: "mail", issuer: "app", now: { now })
        verifier.withLock { $0 = made }
    }

    static func run(_ input: [UInt8]) {
        guard let verifier = verifier.withLock({ $0 }) else { preconditionFailure("prepare() first") }
        precondition((try? verifier.verify(String(decoding: input, as: UTF8.self))) == nil, "a forgery")
        // And what a backend that has the key may put into it.
        let signed = Base64URL.encode(Data(#"{"alg":"HS256","kid":"k"}"#.utf8)) + "." + Base64URL.encode(Data(input))
        let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret))
        guard let claims = try? verifier.verify(signed + "." + Base64URL.encode(Data(code))) else { return }
        precondition(claims.expiresAt > now && claims.issuedAt <= now + 60, "not good at this time")
    }
}
