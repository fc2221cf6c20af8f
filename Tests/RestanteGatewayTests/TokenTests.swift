import Crypto
import FoundationEssentials
import RestanteCore
import Testing

@testable import RestanteGateway

/// Which tokens are good, for whom, and how long: by a clock that stands at 1,000,000.
struct TokenTests {
    static let now: Int64 = 1_000_000
    static let claims = #"{"sub": "alice", "device": "phone", "iat": 999990, "exp": 1000100}"#

    static func verifier(audience: String? = nil, issuer: String? = nil) async throws -> TokenVerifier {
        let keys = try await KeySet.of(SigningKey.all.map { $0.jwk() })
        return TokenVerifier(keys: keys, audience: audience, issuer: issuer, now: { now })
    }

    @Test(arguments: SigningKey.all) func acceptsEachAlgorithm(key: SigningKey) async throws {
        let claims = try await Self.verifier().verify(try key.token(Self.claims))
        #expect(claims == TokenClaims(bearer: .device(TestKeys.alice), issuedAt: 999_990, expiresAt: 1_000_100))
    }

    /// Claims that are enough, with what they say.
    @Test(arguments: [
        (#"{"sub": "alice", "device": "phone", "scope": "user", "iat": 1, "exp": 1000001}"#, Int64(1_000_001)),
        (#"{"sub": "alice", "device": "phone", "iat": 1000060, "exp": 1000070}"#, 1_000_070),
        (#"{"sub": "alice", "device": "phone", "iat": 1.5, "exp": 1000002.9}"#, 1_000_002),
        (#"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000009, "nbf": 1000060, "aud": "any"}"#, 1_000_009),
    ])
    func acceptsClaims(claims: String, expiry: Int64) async throws {
        let claims = try await Self.verifier().verify(try SigningKey["HS256"].token(claims))
        #expect(claims.bearer == .device(TestKeys.alice))
        #expect(claims.expiresAt == expiry)
    }

    /// Kinds of token that are ours, and names in claims that mean nothing here.
    @Test(arguments: ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"]) func kinds(type: String)
        async throws
    {
        let header = #"{"alg": "HS256", "kid": "HS256", "typ": "\#(type)", "b64": true, "jku": "https://x.example"}"#
        let extra = #", "https:\/\/app.example\/roles": ["a", "a"], "x": {"sub": 1, "sub": 2}, "y": "\"sub\":"}"#
        let token = try TestKeys.token(
            header: header, claims: Self.claims.dropLast() + extra, sign: SigningKey["HS256"].sign)
        #expect(try await Self.verifier().verify(token).bearer == .device(TestKeys.alice))
    }

    /// The issuer's clock may be ahead; a token's end is its end.
    @Test(arguments: [
        (Int64(0), #""iat": 1000000, "exp": 1000100"#, true), (0, #""iat": 1000001, "exp": 1000100"#, false),
        (300, #""iat": 1000300, "exp": 1000400"#, true), (300, #""iat": 1000301, "exp": 1000400"#, false),
        (300, #""iat": 1, "nbf": 1000300, "exp": 1000400"#, true),
        (300, #""iat": 1, "nbf": 1000301, "exp": 1000400"#, false), (300, #""iat": 1, "exp": 1000000"#, false),
    ])
    func clockSkew(skew: Int64, times: String, isGood: Bool) async throws {
        let keys = try await KeySet.of([SigningKey["HS256"].jwk()])
        let verifier = TokenVerifier(keys: keys, clockSkew: skew, now: { Self.now })
        let token = try SigningKey["HS256"].token(#"{"sub": "alice", "device": "phone", \#(times)}"#)
        #expect(((try? verifier.verify(token)) != nil) == isGood)
    }

    @Test func serviceTokens() async throws {
        let claims = #"{"sub": "backend", "scope": "service", "iat": 999990, "exp": 1000100}"#
        let verified = try await Self.verifier().verify(try SigningKey["ES256"].token(claims))
        #expect(verified.bearer == .service(ServiceName(unchecked: "backend")))
        #expect(verified.scopes == .send)
    }

    private static let both: TokenScopes = [.send, .manage]

    /// A list of words (RFC 6749 §3.3); those of other services mean nothing here.
    @Test(arguments: [
        ("manage", TokenScopes.manage), ("service manage", both), ("mail:read  manage service", both),
        ("services manages service", .send),
    ])
    func scopesAreWords(scope: String, scopes: TokenScopes) async throws {
        let claims = #"{"sub": "backend", "scope": "\#(scope)", "iat": 999990, "exp": 1000100}"#
        #expect(try await Self.verifier().verify(try SigningKey["ES256"].token(claims)).scopes == scopes)
    }

    @Test(arguments: [
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000000}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 999999}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1}"#,
        #"{"sub": "alice", "device": "phone", "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1000061, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000100, "nbf": 1000061}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": "1000100"}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1e300}"#,
        #"{"sub": "alice", "device": "phone", "iat": -1, "exp": 1000100}"#,
        #"{"device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": 7, "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "", "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "\#(String(repeating: "x", count: 129))", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "scope": "service", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "scope": "admin", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "scope": "user manage", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "backend", "scope": "services", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "", "scope": "service", "iat": 1, "exp": 1000100}"#,
        "[]", "no JSON",
    ])
    func refusesClaims(claims: String) async throws {
        let verifier = try await Self.verifier()
        let token = try SigningKey["HS256"].token(claims)
        #expect(throws: TokenRefused.self) { try verifier.verify(token) }
    }

    @Test(arguments: [
        (#""aud": "mail", "iss": "app""#, true), (#""aud": ["x", "mail"], "iss": "app""#, true),
        (#""aud": "other", "iss": "app""#, false), (#""aud": [], "iss": "app""#, false), (#""iss": "app""#, false),
        (#""aud": "mail", "iss": "other""#, false), (#""aud": "mail""#, false), (#""aud": 1, "iss": "app""#, false),
    ])
    func audienceAndIssuer(claims: String, isGood: Bool) async throws {
        let verifier = try await Self.verifier(audience: "mail", issuer: "app")
        let token = try SigningKey["HS256"].token(Self.claims.dropLast() + ", " + claims + "}")
        #expect(((try? verifier.verify(token)) != nil) == isGood)
    }

    @Test func secondsLeft() async throws {
        let verifier = try await Self.verifier()
        #expect(verifier.secondsLeft(until: Self.now + 7) == 7)
        #expect(verifier.secondsLeft(until: Self.now - 7) == -7)
    }
}
