import Crypto
import FoundationEssentials
import Testing

@testable import RestanteGateway

/// Tokens that someone without the key could make: each is refused, and `TokenTests` shows that the real ones are not.
struct TokenForgeryTests {
    @Test(arguments: SigningKey.all) func otherKeyOfTheSameKind(key: SigningKey) async throws {
        let other: SigningKey =
            switch key.algorithm {
            case "ES256": .p256()
            case "EdDSA": .ed25519()
            case "RS256": .rsa()
            default: .hmac()
            }
        try await refuses(try other.token(TokenTests.claims))
    }

    @Test(arguments: SigningKey.all) func changedBits(key: SigningKey) async throws {
        let token = try key.token(TokenTests.claims)
        let parts = token.split(separator: ".")
        let claims = Base64URL.encode(Data(TokenTests.claims.replacing("alice", with: "mallo").utf8))
        try await refuses("\(parts[0]).\(claims).\(parts[2])")
        var signature = try #require(Base64URL.decode(parts[2].utf8))
        signature[0] ^= 1
        try await refuses("\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))")
        try await refuses("\(parts[0]).\(parts[1]).\(Base64URL.encode(signature.dropLast()))")
        try await refuses("\(parts[0]).\(parts[1]).")
    }

    /// A public key is public: it must never serve as an HMAC secret.
    @Test(arguments: ["ES256", "EdDSA", "RS256"]) func publicKeyAsSecret(algorithm: String) async throws {
        let key = SigningKey[algorithm]
        for parameter in ["x", "n"] {
            guard let text = key.parameters[parameter], let bytes = Base64URL.decode(text.utf8) else { continue }
            for secret in [bytes, Data(text.utf8), Data(key.jwk().utf8)] {
                let token = TestKeys.token(
                    header: #"{"alg": "HS256", "kid": "\#(algorithm)"}"#, claims: TokenTests.claims,
                    sign: { Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) })
                try await refuses(token)
            }
        }
    }

    /// The key is right, and the signature; the header names another algorithm, or the key of another.
    @Test(arguments: SigningKey.all) func wrongAlgorithmForTheKey(key: SigningKey) async throws {
        for other in ["HS256", "ES256", "EdDSA", "RS256", "HS512", "RS512", "none", "None", ""]
        where other != key.algorithm {
            try await refuses(try key.token(alg: other, TokenTests.claims))
            try await refuses(try key.token(kid: other, TokenTests.claims))
        }
    }

    @Test(arguments: ["none", "None", "NONE"]) func noAlgorithm(name: String) async throws {
        for header in [#"{"alg": "\#(name)"}"#, #"{"alg": "\#(name)", "kid": "HS256"}"#] {
            for signature in [Data(), Data([0])] {
                try await refuses(
                    TestKeys.token(header: header, claims: TokenTests.claims, sign: { _ in signature }))
            }
        }
    }

    /// There is no falling back to some key: not for an unknown kid, and not for none when every key has one.
    @Test(arguments: [#"{"alg": "HS256"}"#, #"{"alg": "HS256", "kid": "unknown"}"#, #"{"alg": "HS256", "kid": ""}"#])
    func unknownKey(header: String) async throws {
        let key = SigningKey["HS256"]
        try await refuses(try TestKeys.token(header: header, claims: TokenTests.claims, sign: key.sign))
    }

    @Test(arguments: [
        #"{"kid": "HS256"}"#, #"{"alg": "HS256", "kid": "HS256", "crit": ["exp"], "exp": 1}"#,
        #"{"alg": "HS256", "kid": "HS256", "crit": []}"#, #"{"alg": 1, "kid": "HS256"}"#, "[]", "",
    ])
    func strangeHeaders(header: String) async throws {
        let key = SigningKey["HS256"]
        try await refuses(try TestKeys.token(header: header, claims: TokenTests.claims, sign: key.sign))
    }

    @Test func notInCompactForm() async throws {
        let token = try SigningKey["HS256"].token(TokenTests.claims)
        for text in [
            "", ".", "..", "a.b.c", token + ".", token + ".a", "." + token, token + "=", " " + token, token + "\n",
        ] {
            try await refuses(text)
        }
    }

    @Test func tooLong() async throws {
        let padding = String(repeating: " ", count: TokenParts.maximumBytes)
        try await refuses(try SigningKey["HS256"].token(TokenTests.claims + padding))
    }

    private func refuses(_ token: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let verifier = try await TokenTests.verifier()
        #expect(throws: TokenRefused.self, "\(token)", sourceLocation: location) { try verifier.verify(token) }
    }
}
